#include "cli/commands/completion.hpp"

#include "cli/context/services.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <string_view>

namespace loomrel::cli {

namespace {

using messages::Id;

// Each asks the program itself (cli/syntax/complete.hpp); nothing that was typed is evaluated.
constexpr std::string_view k_bash =
    R"(# bash completion of loomrel: source <(loomrel completion bash)
_loomrel() {
    local word about
    COMPREPLY=()
    while IFS=$'\t' read -r word about; do
        if [ "$word" = :files ]; then
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]#=}")
        else
            COMPREPLY+=("$word")
        fi
    done < <("${COMP_WORDS[0]/#\~/$HOME}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _loomrel loomrel
)";

constexpr std::string_view k_zsh = R"(#compdef loomrel
# zsh completion: source <(loomrel completion zsh)
_loomrel() {
    local word about
    local -a found
    while IFS=$'\t' read -r word about; do
        if [[ $word == :files ]]; then
            [[ $PREFIX != -*=* ]] || compset -P '*='
            _files
        else
            found+=("${word//:/\\:}${about:+:${about//:/\\:}}")
        fi
    done < <("${words[1]/#\~/$HOME}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
    [[ $#found == 0 ]] || _describe loomrel found
}
if [ "$funcstack[1]" = _loomrel ]; then _loomrel "$@"; else compdef _loomrel loomrel; fi
)";

constexpr std::string_view k_fish = R"(# fish completion: loomrel completion fish | source
function __loomrel_complete
    set -l words (commandline -opc)
    set -l begun (commandline -ct)
    for line in ($words[1] __complete $words[2..-1] "$begun" 2>/dev/null)
        if test "$line" = :files
            set -l flag (string match -r -- '^-[^=]*=' "$begun")
            for path in (__fish_complete_path (string replace -r -- '^-[^=]*=' '' "$begun"))
                echo "$flag$path"
            end
        else
            echo $line
        end
    end
end
complete -c loomrel -f -a '(__loomrel_complete)'
)";

struct CompletionOptions {
    std::string shell;
};

ExitCode run_completion(Services& services, const CompletionOptions& options) {
    const std::string script{options.shell == "bash"  ? k_bash
                             : options.shell == "zsh" ? k_zsh
                                                      : k_fish};
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
        .runs([options](Services& services) { return run_completion(services, *options); });
}

} // namespace loomrel::cli
