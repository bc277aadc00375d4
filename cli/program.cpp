#include "cli/program.hpp"

#include "cli/commands/commands.hpp"
#include "cli/context/notices.hpp"
#include "cli/context/report.hpp"
#include "cli/syntax/complete.hpp"
#include "cli/syntax/help.hpp"
#include "cli/syntax/parse.hpp"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;

ExitCode run_command(const Command& command, Services& services) {
    const GlobalOptions& options = services.options();
    if (options.version) {
        if (options.json) {
            services.out_json({{"version", LOOMREL_VERSION}});
        } else {
            services.out("loomrel " LOOMREL_VERSION "\n");
        }
        return ExitCode::ok;
    }
    if (options.help) {
        const std::string help = help_of(command, services.language());
        if (options.json) {
            services.out_json({{"help", help}});
        } else {
            services.out(help);
        }
        return ExitCode::ok;
    }
    if (!command.runner()) {
        const std::string typed = command.path().empty() ? "loomrel" : "loomrel " + command.path();
        if (!options.json) {
            services.io().err(help_of(command, services.language()) + "\n");
        }
        throw Error(ErrorKind::usage,
                    "command_missing",
                    phrase(Id::cli_command_missing, fmt::arg("command", typed)),
                    phrase(Id::cli_hint_help, fmt::arg("command", typed)));
    }
    return command.runner()(services);
}

// Also when it failed half-way: what it moved before is to be told. The notices are in the ledger:
// of one that has just not answered nobody waits for them.
void tell_people(const Command* command, ExitCode code, Services& services) {
    const bool silent = code == ExitCode::ledger || code == ExitCode::spooled;
    if (command != nullptr && tells_people(command->path()) && !silent) {
        deliver_notices(services);
    }
}

// Who waits for the number of a release must not take its absence for success; how a run ended is
// never told as anything else because nobody could read it.
ExitCode after_output(ExitCode code, Services& services) {
    const int problem = services.io().out_error();
    if (problem == 0 || problem == EPIPE) { // "| head -1": the reader has what it wanted
        return code;
    }
    const std::string reason = std::generic_category().message(problem);
    services.io().err(
        services.say(
            Id::cli_error,
            fmt::arg("message", services.say(Id::cli_output_lost, fmt::arg("reason", reason))))
        + "\n");
    return code == ExitCode::ok && !services.is_exit_code_the_result() ? ExitCode::output_lost
                                                                       : code;
}

// Files opened later must not come to stand where a closed stream was. What is written to such a
// stream fails, as it would have.
void fill_closed_streams() {
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(stream, F_GETFD) == -1 && errno == EBADF) {
            (void)::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        }
    }
}

// Keys and passwords are in memory: no core file holds them, and no other process of this user
// reads them there (ptrace, /proc/PID/mem and environ are root's then).
void keep_memory_private() {
#ifndef __SANITIZE_ADDRESS__ // the leak checker looks into it
    (void)::prctl(PR_SET_DUMPABLE, 0);
#endif
    const rlimit none{0, 0};
    (void)::setrlimit(RLIMIT_CORE, &none);
}

std::map<std::string, std::string> process_environment() {
    std::map<std::string, std::string> variables;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const std::size_t end = text.find('=');
        if (end != std::string_view::npos) {
            variables.emplace(text.substr(0, end), text.substr(end + 1));
        }
    }
    return variables;
}

Error to_error(const std::exception& unexpected) {
    return Error(ErrorKind::internal,
                 "internal",
                 phrase(Id::cli_internal, fmt::arg("reason", unexpected.what())),
                 phrase(Id::cli_internal_hint));
}

// Parsing stopped at what was wrong; how it is to be told may stand behind that.
void read_form_of_errors(const std::vector<std::string>& words, GlobalOptions& options) {
    for (std::size_t index = 0; index < words.size(); ++index) {
        const std::string& word = words[index];
        if (word == "--json") {
            options.json = true;
        } else if (word == "--lang" && index + 1 < words.size()) {
            options.language = words[index + 1];
        } else if (word.starts_with("--lang=")) {
            options.language = word.substr(word.find('=') + 1);
        }
    }
}

// Nobody is told of anything here: a shell asks while somebody types.
ExitCode
tell_completions(const Command& program, const std::vector<std::string>& words, Outside& outside) {
    Services services(outside, {});
    outside.io.out(complete(program, words, services.language()).text());
    return ExitCode::ok;
}

} // namespace

ExitCode run(const std::vector<std::string>& words, Outside& outside) {
    GlobalOptions options;
    const Command* command = nullptr;
    const CommandTree program;
    if (!words.empty() && words.front() == k_complete) {
        return tell_completions(program, {words.begin() + 1, words.end()}, outside);
    }
    std::optional<Error> wrong;
    try {
        command = &parse(program, words, options);
    } catch (const Error& error) {
        wrong = error;
    } catch (const std::exception& error) {
        wrong = to_error(error);
    }
    if (wrong) {
        read_form_of_errors(words, options);
    }
    Services services(outside, options);
    ExitCode code = ExitCode::ok;
    try {
        if (wrong) {
            throw Error(*wrong);
        }
        code = run_command(*command, services);
    } catch (const Error& error) {
        tell(services, error);
        code = exit_code_of(error.kind());
    } catch (const std::exception& error) {
        tell(services, to_error(error));
        code = ExitCode::internal;
    }
    tell_people(command, code, services);
    return after_output(code, services);
}

int run(int argc, const char* const* argv) {
    fill_closed_streams();
    keep_memory_private();
    // Writing to a pipe or socket whose reader is gone is an error where it happens, not an end.
    std::signal(SIGPIPE, SIG_IGN);
    const auto io = make_standard_io();
    std::error_code gone; // a working directory that was removed: relative paths will not be found
    Outside outside{*io, process_environment(), std::filesystem::current_path(gone)};
    return static_cast<int>(run({argv + (argc > 0 ? 1 : 0), argv + argc}, outside));
}

} // namespace loomrel::cli
