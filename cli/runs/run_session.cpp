#include "cli/runs/run_session.hpp"

#include "cli/context/report.hpp"
#include "cli/runs/run_metrics.hpp"
#include "cli/runs/run_result.hpp"
#include "lib/operations/run_subject.hpp"

#include <cstdlib>
#include <utility>

namespace loomrel::cli {

namespace {

using messages::Id;

std::unique_ptr<terminal::View> make_run_view(Services& services, std::size_t hosts) {
    Io& io = services.io();
    const auto get_env = [&](const std::string& name) { return services.env(name); };
    terminal::ViewOptions options;
    options.language = services.language();
    options.mode = terminal::choose_view_mode(io.err_is_tty(), get_env);
    options.verbosity = services.options().quiet     ? terminal::Verbosity::quiet
                        : services.options().verbose ? terminal::Verbosity::verbose
                                                     : terminal::Verbosity::normal;
    options.colour = services.colour();
    options.hosts = hosts;
    options.size = [&io] { return io.size(); };
    // GitHub reads its commands from either stream; results alone go to standard output.
    options.write = [&io](std::string_view text) { io.err(text); };
    options.redactor = &services.redactor();
    options.masks_told = true; // by services.config()
    return terminal::make_view(options);
}

} // namespace

RunSession::RunSession(Services& services,
                       config::DeploySettings settings,
                       const std::vector<config::Host>& hosts,
                       std::vector<std::unique_ptr<ssh::Connection>> open)
    : m_services(services),
      m_view(make_run_view(services, hosts.size())),
      m_driver(
          services.context(),
          services,
          std::move(settings),
          hosts,
          [this](const auto& host, const auto& event) { m_view->on(host, event); },
          [this](const std::string& text) { m_view->note(text); },
          std::move(open)) {
    m_driver.set_stop_request(m_signals.stop_request());
}

void RunSession::may_leave() {
    m_signals.leave_by([this] {
        const Error interrupted(
            ErrorKind::interrupted, "interrupted", messages::phrase(Id::deploy_interrupted_before));
        tell(m_services, interrupted);
        std::_Exit(static_cast<int>(ExitCode::interrupted));
    });
}

void RunSession::begin(const store::Run& run, const std::string& ref) {
    m_signals.set_last_words(m_services.say(Id::deploy_left, fmt::arg("run", run.id)) + "\n");
    m_view->begin(m_services.say(Id::deploy_title,
                                 fmt::arg("service", run.service),
                                 fmt::arg("ref", ref),
                                 fmt::arg("environment", run.environment)));
}

ExitCode RunSession::run(const deploy::Plan& plan, const store::Run& run) {
    begin(run, plan.shown_ref());
    m_driver.run(plan, run);
    return finish(run);
}

ExitCode RunSession::join(const deploy::Plan& plan, const store::Run& run) {
    if (!m_driver.may_start_the_rest(plan, run)) {
        return attach(run);
    }
    begin(run, plan.shown_ref());
    m_driver.join(plan, run);
    return finish(run);
}

ExitCode RunSession::attach(const store::Run& run) {
    begin(run, operations::short_ref(run.ref));
    m_driver.attach(run);
    return finish(run);
}

ExitCode RunSession::cancel(const store::Run& run) {
    m_signals.ask(deploy::StopRequest::cancel);
    begin(run, operations::short_ref(run.ref));
    m_driver.cancel(run);
    return finish(run);
}

ExitCode RunSession::finish(const store::Run& run) {
    m_view->finish();
    const operations::RunResult result = m_driver.conclude();
    if (result.only_stored) {
        return show_stored_result(m_services, run);
    }
    if (result.cancelled_too_late) {
        m_services.note(m_services.say(Id::cancel_ended, fmt::arg("run", run.id)));
        m_services.note(m_services.say(Id::cancel_ended_hint, fmt::arg("run", run.id)));
    }
    const auto& failure = result.report.failure;
    if (failure) {
        m_view->annotate(failure->message, to_text(*failure, m_services.language()));
    }
    const ExitCode code = last_words(result.report, result.conclusion);
    send_run_metrics(m_services, run.kind, result.report);
    return code;
}

ExitCode RunSession::last_words(const deploy::Report& report,
                                const deploy::LedgerRecorder::Conclusion& conclusion) {
    ExitCode code = static_cast<ExitCode>(report.exit);
    // What was refused has changed nothing: that it was is the answer, told to the ledger or not.
    if (!conclusion.told && code != ExitCode::unknown_outcome && code != ExitCode::refused) {
        code = ExitCode::spooled;
    }
    if (m_signals.came()) {
        code = ExitCode::interrupted;
    }
    show_result(m_services, report, conclusion, code);
    return code;
}

std::optional<ExitCode> join_or_report(Services& services,
                                       RunSession& session,
                                       operations::Deploying& deploying,
                                       const deploy::Decision& decision) {
    switch (decision.what) {
    case deploy::Decision::What::report:
        return show_stored_result(services, *decision.run);
    case deploy::Decision::What::attach:
        operations::continue_run(deploying, *decision.run);
        return session.join(deploying.plan, *decision.run);
    case deploy::Decision::What::start:
        break;
    }
    return std::nullopt;
}

} // namespace loomrel::cli
