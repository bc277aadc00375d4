#include "cli/logs.hpp"

#include "cli/attach.hpp"
#include "cli/host_survey.hpp"
#include "cli/local_state.hpp"
#include "cli/targets.hpp"
#include "lib/base/text.hpp"
#include "lib/deploy/ask_host.hpp"
#include "lib/deploy/follow.hpp"
#include "lib/deploy/script.hpp"
#include "lib/release/names.hpp"

#include <algorithm>
#include <mutex>

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;

constexpr Milliseconds k_silence{30000};

// A log is foreign text: what a terminal would obey is taken out, secrets are masked, and a line is
// written whole.
class LogWriter {
public:
    explicit LogWriter(Services& services)
        : m_services(services),
          m_secrets(services.redactor()) {}

    void feed(std::string_view bytes) {
        m_line += m_secrets.feed(bytes);
        const std::size_t end = m_line.rfind('\n');
        if (end != std::string::npos) {
            m_services.out(sanitize(std::string_view(m_line).substr(0, end + 1)));
            m_line.erase(0, end + 1);
        }
    }

    void finish() {
        m_line += m_secrets.flush();
        if (!m_line.empty()) {
            m_services.out(sanitize(m_line) + "\n");
        }
    }

private:
    Services& m_services;
    Redactor::Stream m_secrets;
    std::string m_line;
};

// The stream of one run, as `logs` shows it: sentences and what commands printed.
class RunPrinter final : public deploy::Watcher {
public:
    explicit RunPrinter(Services& services)
        : m_writer(services) {}

    void finish() { m_writer.finish(); }

    void attached(const std::string&, const std::string&, bool) override {}

    void waiting(const std::string&, const std::string&) override {}

    void step_started(const std::string&, const std::string&) override {}

    void step_ended(const std::string&, const std::string&, bool, Milliseconds) override {}

    void log_line(const std::string&, std::string_view text) override {
        const std::lock_guard guard(m_mutex);
        m_writer.feed(std::string(text) + "\n");
    }

    void output(const std::string&, std::string_view bytes) override {
        const std::lock_guard guard(m_mutex);
        m_writer.feed(bytes);
    }

    void link_lost(const std::string&, const std::string&) override {}

    void link_back(const std::string&) override {}

private:
    std::mutex m_mutex;
    LogWriter m_writer;
};

// Needs the ledger only to know where the run was; nothing is concluded here.
ExitCode show_run(Services& services, const std::string& id) {
    const store::Run run = find_run(services, id);
    const config::DeploySettings settings = services.config().deploy(run.service, run.environment);
    RunPrinter printer(services);
    ExitCode code = ExitCode::no_host;
    for (deploy::Target& target : make_targets(services, hosts_of(services, run))) {
        deploy::Follower follower(target.name, target.connector, printer, {});
        follower.patience = patience(services);
        const deploy::Followed followed =
            follower.attach({run.id, run.service, run.environment, settings.state_dir}, false);
        if (followed.error) {
            services.note(in(services.language(), followed.error->message()) + "\n");
        } else if (followed.how == deploy::HowFollowed::absent) {
            services.note(services.say(Id::logs_run_not_here, fmt::arg("host", target.name))
                          + "\n");
        } else {
            code = ExitCode::ok;
        }
    }
    printer.finish();
    return code;
}

ExitCode show_log(Services& services, const Place& place, const LogsOptions& options) {
    LogWriter writer(services);
    auto target = make_targets(services, {place.host}).front();
    const auto connection = target.connector();
    const auto told = deploy::ask_host(
        *connection,
        place.name,
        [&](const std::string& nonce) {
            return deploy::logs_script(
                place.services.front(), options.tag.value_or(""), options.follow, {nonce, 0});
        },
        options.follow ? Milliseconds{0} : k_silence,
        [&](std::string_view bytes) { writer.feed(bytes); },
        [&] { return services.io().out_error() != 0; });
    writer.finish();
    const auto absent = std::find_if(
        told.begin(), told.end(), [](const deploy::Told& line) { return line.word == "no_log"; });
    if (absent != told.end()) {
        throw Error(ErrorKind::run_failed,
                    "no_log",
                    phrase(Id::logs_none,
                           fmt::arg("host", place.name),
                           fmt::arg("log", sanitize_line(absent->rest))),
                    phrase(Id::logs_none_hint));
    }
    return ExitCode::ok;
}

} // namespace

ExitCode run_logs(Services& services, const LogsOptions& options) {
    if (options.tag) {
        release::check_branch(*options.tag);
    }
    if (options.run) {
        return show_run(services, *options.run);
    }
    LogsOptions asked = options;
    asked.environment = options.environment.value_or("stage");
    const std::vector<Place> all =
        places(services, asked.environment, services.service(options.service));
    ExitCode code = ExitCode::ok;
    for (const Place& place : all) {
        if (all.size() > 1) {
            services.note(place.name + ":\n");
        }
        code = show_log(services, place, asked);
    }
    return code;
}

void register_logs(Command& parent) {
    auto options = std::make_shared<LogsOptions>();
    parent.command("logs", Id::cli_logs_about)
        .option("--env", "E", Id::cli_help_env, &options->environment)
        .choices({"dev", "stage", "prod"})
        .option("--service", "S", Id::cli_help_service, &options->service)
        .option("--tag", "T", Id::cli_help_log_tag, &options->tag)
        .option("--run", "ID", Id::cli_help_run, &options->run)
        .flag("-f,--follow", Id::cli_help_follow, options->follow)
        .runs([options](Services& services) { return run_logs(services, *options); });
}

} // namespace loomrel::cli
