#include "cli/commands/completion.hpp"

#include "cli/context/services.hpp"
#include "cli/syntax/completion_script.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace loomrel::cli {

namespace {

using messages::Id;

struct CompletionOptions {
    std::string shell;
};

ExitCode
run_completion(Services& services, const Command& program, const CompletionOptions& options) {
    const Shell shell = options.shell == "bash"  ? Shell::bash
                        : options.shell == "zsh" ? Shell::zsh
                                                 : Shell::fish;
    const std::string script = completion_script(program, shell, services.language());
    if (services.json()) {
        services.out_json({{"shell", options.shell}, {"script", script}});
    } else {
        services.out(script);
    }
    return ExitCode::ok;
}

} // namespace

void register_completion(Command& program) {
    auto options = std::make_shared<CompletionOptions>();
    program.command("completion", Id::cli_completion_about)
        .argument("SHELL", Id::cli_completion_help_shell, &options->shell)
        .choices({"bash", "zsh", "fish"})
        .runs([options, &program](Services& services) {
            return run_completion(services, program, *options);
        });
}

} // namespace loomrel::cli
