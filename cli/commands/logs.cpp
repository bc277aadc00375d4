#include "cli/commands/logs.hpp"

#include "cli/commands/logs_run.hpp"
#include "lib/base/text.hpp"
#include "lib/deploy/ask_host.hpp"
#include "lib/deploy/script.hpp"
#include "lib/operations/host_survey.hpp"
#include "lib/release/names.hpp"
#include "lib/terminal/log_lines.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <mutex>

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;
using nlohmann::ordered_json;
using operations::HostServices;

constexpr Milliseconds k_silence{30000};

// What one host had.
struct HostLog {
    std::string file;
    std::string text; // only where it is not shown as it comes
    std::optional<Error> error;
};

void check(const LogsOptions& options, bool json) {
    if (options.run && options.tag) {
        throw Error(ErrorKind::usage,
                    "run_or_tag",
                    phrase(Id::logs_run_or_tag),
                    phrase(Id::logs_run_or_tag_hint));
    }
    if (options.follow && json) {
        throw Error(ErrorKind::usage,
                    "follow_json",
                    phrase(Id::logs_follow_json),
                    phrase(Id::logs_follow_json_hint));
    }
    if (options.tag && options.environment == "dev") {
        release::check_branch(*options.tag);
    } else if (options.tag) {
        release::check_release_tag(*options.tag);
    }
}

Error no_log(const HostServices& place, const std::string& file) {
    return Error(
        ErrorKind::run_failed,
        "no_log",
        phrase(Id::logs_none, fmt::arg("host", place.name), fmt::arg("log", sanitize_line(file))),
        phrase(Id::logs_none_hint));
}

// The hosts' logs, all asked for at once: one that is down hides none of the others, and with -f
// none waits for another's end.
class LogReader {
public:
    LogReader(Services& services, const std::vector<HostServices>& all, const LogsOptions& options)
        : m_services(services),
          m_all(all),
          m_options(options),
          m_logs(all.size()),
          m_streams(!services.json() && (all.size() == 1 || options.follow)) {}

    const std::vector<HostLog>& read() {
        (void)operations::survey(
            m_services.context(),
            m_services,
            m_all,
            [this](std::size_t i, ssh::Connection& connection) { read_one(i, connection); },
            [this](std::size_t i, const Error& error) {
                m_logs[i].error = error;
                // Whoever follows the others does not wait for their end to hear of this one.
                if (m_streams && m_all.size() > 1) {
                    tell(error);
                }
            });
        return m_logs;
    }

    void tell(const Error& error) {
        const std::lock_guard guard(m_mutex);
        const std::string message = in(m_services.language(), error.message());
        m_services.io().err(m_services.redactor().redact(
            m_services.say(Id::cli_error, fmt::arg("message", message)) + "\n"));
    }

    [[nodiscard]] bool streams() const { return m_streams; }

private:
    void read_one(std::size_t i, ssh::Connection& connection) {
        const HostServices& place = m_all[i];
        HostLog& log = m_logs[i];
        const std::string prefix = m_all.size() > 1 ? place.name + ": " : "";
        terminal::LogLines lines(m_services.redactor(), [&](std::string_view text) {
            if (!m_streams) {
                log.text += text;
                return;
            }
            const std::lock_guard guard(m_mutex);
            m_services.out(terminal::with_prefix(text, prefix));
        });
        const auto told = deploy::ask_host(
            connection,
            place.name,
            [&](const std::string& nonce) {
                return deploy::logs_script(place.services.front(),
                                           m_options.tag.value_or(""),
                                           m_options.follow,
                                           {nonce, 0});
            },
            {m_options.follow ? Milliseconds{0} : k_silence},
            [&](std::string_view bytes) { lines.feed(bytes); },
            [&] {
                const std::lock_guard guard(m_mutex);
                return m_services.io().out_error() != 0;
            });
        lines.finish();
        for (const deploy::ControlLine& line : told) {
            if (line.word == "no_log") {
                throw no_log(place, line.rest);
            }
            if (line.word == "log") {
                log.file = sanitize_line(line.rest);
            }
        }
    }

    Services& m_services;
    const std::vector<HostServices>& m_all;
    const LogsOptions& m_options;
    std::vector<HostLog> m_logs;
    bool m_streams; // shown as it comes
    std::mutex m_mutex;
};

ordered_json to_object(Services& services, const HostServices& place, const HostLog& log) {
    if (log.error) {
        return {{"host", place.name},
                {"error",
                 {{"code", log.error->code()},
                  {"message", in(services.language(), log.error->message())},
                  {"hint", in(services.language(), log.error->hint())}}}};
    }
    return {{"host", place.name}, {"log", log.file}, {"text", log.text}};
}

void show(Services& services,
          const std::vector<HostServices>& all,
          const std::vector<HostLog>& logs,
          LogReader& reader) {
    ordered_json hosts = ordered_json::array();
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (services.json()) {
            hosts.push_back(to_object(services, all[i], logs[i]));
        } else if (!reader.streams() && logs[i].error) {
            reader.tell(*logs[i].error);
        } else if (!reader.streams()) {
            services.note(all[i].name + ": " + logs[i].file);
            services.out(logs[i].text);
        }
    }
    if (services.json()) {
        services.out_json({{"hosts", std::move(hosts)}});
    }
}

ExitCode code_of(const std::vector<HostLog>& logs) {
    for (const HostLog& log : logs) {
        if (!log.error) {
            return ExitCode::ok;
        }
    }
    return exit_code_of(logs.front().error->kind());
}

ExitCode run_logs(Services& services, const LogsOptions& options) {
    check(options, services.json());
    if (options.run) {
        return show_run_log(services, *options.run, options);
    }
    const std::vector<HostServices> all = operations::places(services.context(),
                                                             services,
                                                             options.environment.value_or("stage"),
                                                             {services.service(options.service)});
    LogReader reader(services, all, options);
    const std::vector<HostLog>& logs = reader.read();
    if (all.size() == 1 && logs.front().error) {
        throw Error(*logs.front().error);
    }
    show(services, all, logs, reader);
    return code_of(logs);
}

} // namespace

void register_logs(Command& parent) {
    auto options = std::make_shared<LogsOptions>();
    parent.command("logs", Id::cli_logs_about)
        .option("--env", "E", Id::cli_help_env_logs, &options->environment)
        .choices({"dev", "stage", "prod"})
        .option("--service", "S", Id::cli_help_service, &options->service)
        .option("--tag", "T", Id::cli_help_log_tag, &options->tag)
        .option("--run", "ID", Id::cli_help_run, &options->run)
        .flag("-f,--follow", Id::cli_help_follow, options->follow)
        .runs([options](Services& services) { return run_logs(services, *options); });
}

} // namespace loomrel::cli
