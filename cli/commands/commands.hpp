#pragma once

#include "cli/syntax/command.hpp"

// How to add a command.
//
// 1. cli/commands/<command>.hpp: an options struct, `register_<command>(Command& parent)` and
//    `ExitCode run_<command>(Services&, const <Command>Options&)`.
// 2. cli/commands/<command>.cpp: the register function makes the options struct shared, says what
//    may be typed and binds the run function. It does nothing else: it runs for `--help` too.
//
//        void register_status(Command& parent) {
//            auto options = std::make_shared<StatusOptions>();
//            parent.command("status", Id::cli_status_about)
//                .option("--env", "E", Id::cli_help_env_looked, &options->environment)
//                .choices({"dev", "stage", "prod"})
//                .runs([options](Services& services) { return run_status(services, *options); });
//        }
//
//    A family is a command without runs() that has commands: cli/commands/release/release.cpp.
//    Option targets are bool (flag), std::string, std::optional of std::string or std::int64_t,
//    std::vector of std::string; where a flag of Actions or the config file may fill a gap, leave
//    it optional and ask services.github() / services.service(flag).
// 3. The run function is what tests call (tests/support/command_world.hpp gives it a Services with
//    strings for a terminal, its own clock, environment and ledger). It writes through services:
//    say() for texts, out() for results, note() for what --quiet leaves away, out_json() under
//    services.json() - then nothing else goes to standard output. It throws Error for whatever
//    ends it before its work is done and returns an ExitCode when it has a result to show. One
//    that runs on hosts calls services.exit_code_is_the_result() first. What it does stands in
//    lib/operations, which it hands services.context() and, for what is said on the way, services.
//    Texts stand in lib/messages/catalogue/cli.inc; values from outside go through
//    sanitize_line(), which terminal::Table does by itself.
// 4. One line in cli/commands/commands.cpp, one section in man/loomrel.1. Help, completion and
//    "did you mean" come by themselves.
namespace loomrel::cli {

// The whole tree. Cheap: built at every start, reads nothing.
class CommandTree : public Command {
public:
    CommandTree();
};

} // namespace loomrel::cli
