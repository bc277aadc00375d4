#include "cli/context/report.hpp"

#include "lib/terminal/workflow_commands.hpp"

#include <nlohmann/json.hpp>

#include <exception>

namespace loomrel::cli {

using messages::Id;

void tell(Services& services, const Error& error) {
    const Language language = services.language();
    const Redactor& redactor = services.redactor();
    const std::string message = redactor.redact(in(language, error.message()));
    const std::string hint =
        error.hint().empty() ? "" : redactor.redact(in(language, error.hint()));
    if (services.json()) {
        services.out_json(
            {{"error", {{"code", error.code()}, {"message", message}, {"hint", hint}}}});
    }
    if (services.env("GITHUB_ACTIONS") == "true") {
        const std::string both = hint.empty() ? message : message + "\n" + hint;
        services.io().err(terminal::workflow::error("loomrel", both) + "\n");
        return;
    }
    services.io().err(services.say(Id::cli_error, fmt::arg("message", message)) + "\n");
    if (!hint.empty()) {
        services.io().err(services.say(Id::cli_hint, fmt::arg("hint", hint)) + "\n");
    }
}

void set_outputs(Services& services, const github::Outputs& outputs) {
    const auto file = services.env("GITHUB_OUTPUT");
    if (!services.github().active || !file) {
        return;
    }
    try {
        github::append_outputs(*file, outputs);
    } catch (const std::exception& error) {
        services.note(services.say(Id::cli_outputs_lost, fmt::arg("reason", error.what())));
    }
}

} // namespace loomrel::cli
