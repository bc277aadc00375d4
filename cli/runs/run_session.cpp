#include "cli/runs/run_session.hpp"

#include "cli/context/report.hpp"
#include "cli/hosts/production_settings.hpp"
#include "cli/hosts/targets.hpp"
#include "cli/runs/conclude.hpp"
#include "cli/runs/dev_notice.hpp"
#include "cli/runs/run_metrics.hpp"
#include "cli/runs/run_result.hpp"
#include "lib/base/text.hpp"
#include "lib/deploy/shown_settings.hpp"
#include "lib/operations/ledger.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace loomrel::cli {

namespace {

using messages::Id;

std::unique_ptr<View> make_run_view(Services& services, std::size_t hosts) {
    Io& io = services.io();
    const auto get_env = [&](const std::string& name) { return services.env(name); };
    ViewOptions options;
    options.language = services.language();
    options.mode = choose_view_mode(io.err_is_tty(), get_env);
    options.verbosity = services.options().quiet     ? Verbosity::quiet
                        : services.options().verbose ? Verbosity::verbose
                                                     : Verbosity::normal;
    options.colour = services.colour();
    options.hosts = hosts;
    options.size = [&io] { return io.size(); };
    // GitHub reads its commands from either stream; results alone go to standard output.
    options.write = [&io](std::string_view text) { io.err(text); };
    options.redactor = &services.redactor();
    options.masks_told = true; // by services.config()
    return make_view(options);
}

// Stopped on every host, and nothing left that should have been put back.
bool is_all_cancelled(const deploy::Report& report) {
    return std::all_of(report.hosts.begin(), report.hosts.end(), [](const deploy::Followed& host) {
        return host.end && host.end->outcome == "cancelled" && host.end->restored != "failed"
               && host.end->restored != "none";
    });
}

// The run may have joined another release on its way.
std::optional<std::int64_t> release_of(const store::Run& run,
                                       const deploy::LedgerRecorder& recorder) {
    return recorder.release_id() ? recorder.release_id() : run.release_id;
}

bool any_ended(const deploy::Report& report) {
    return std::any_of(report.hosts.begin(), report.hosts.end(), [](const deploy::Followed& host) {
        return host.how == deploy::HowFollowed::ended;
    });
}

} // namespace

RunSession::RunSession(Services& services,
                       config::DeploySettings settings,
                       const std::vector<config::Host>& hosts,
                       std::vector<std::unique_ptr<ssh::Connection>> open)
    : m_services(services),
      m_settings(std::move(settings)),
      m_view(make_run_view(services, hosts.size())) {
    auto targets =
        make_targets(services, hosts, [this](const std::string& text) { m_view->note(text); });
    for (std::size_t i = 0; i < targets.size(); ++i) {
        m_names.push_back(targets[i].name);
        if (i < open.size() && open[i]) {
            use_first(targets[i], std::move(open[i]));
        }
    }
    m_conductor = std::make_unique<deploy::Conductor>(
        std::move(targets), *m_view, services.context().patience);
    m_conductor->stop_request = &m_signals.stop_request();
}

void RunSession::begin_connecting() {
    m_conductor->begin_connecting(m_settings.canary);
}

void RunSession::may_leave() {
    m_signals.leave_by([this] {
        const Error interrupted(
            ErrorKind::interrupted, "interrupted", messages::phrase(Id::deploy_interrupted_before));
        tell(m_services, interrupted);
        std::_Exit(static_cast<int>(ExitCode::interrupted));
    });
}

void RunSession::set_store(store::Store& store) {
    m_store = &store;
}

void RunSession::spool_only() {
    m_spools = true;
}

deploy::LedgerRecorder RunSession::make_recorder(const store::Run& run) const {
    deploy::LedgerRecorder recorder(
        m_store, operations::make_spool(m_services.context()), m_services.actor());
    recorder.set_run(run);
    // What has ended is shown once more, and moves nothing.
    if (run.release_id && !run.ended_at) {
        recorder.set_release(*run.release_id, run.environment);
    }
    recorder.set_rollback_from(m_rollback_from);
    if (m_spools) {
        recorder.tell_later();
    }
    return recorder;
}

void RunSession::set_last_words(const store::Run& run) {
    m_signals.set_last_words(m_services.say(Id::deploy_left, fmt::arg("run", run.id)) + "\n");
}

ExitCode RunSession::run(const deploy::Plan& plan, const store::Run& run) {
    set_last_words(run);
    m_view->begin(m_services.say(Id::deploy_title,
                                 fmt::arg("service", run.service),
                                 fmt::arg("ref", plan.shown_ref()),
                                 fmt::arg("environment", run.environment)));
    deploy::LedgerRecorder recorder = make_recorder(run);
    return finish(run, m_conductor->run(plan, recorder), recorder);
}

ExitCode RunSession::join(const deploy::Plan& plan, const store::Run& run) {
    config::DeploySettings as_begun = plan.settings;
    deploy::keep_unproven(as_begun, run.settings);
    if (deploy::is_unproven(as_begun)) {
        m_settings = ProductionSettings(m_services).of(run);
        const auto& keys = as_begun.of_repository;
        m_services.note(
            m_services.say(Id::deploy_unproven_join,
                           fmt::arg("run", run.id),
                           fmt::arg("keys", loomrel::join({keys.begin(), keys.end()}, ", "))));
        return attach(run);
    }
    m_conductor->joins = true;
    return this->run(plan, run);
}

ExitCode RunSession::attach(const store::Run& run) {
    set_last_words(run);
    m_view->begin(m_services.say(Id::deploy_title,
                                 fmt::arg("service", run.service),
                                 fmt::arg("ref", short_ref(run.ref)),
                                 fmt::arg("environment", run.environment)));
    deploy::LedgerRecorder recorder = make_recorder(run);
    const deploy::RunPlace place{run.id, run.service, run.environment, m_settings.state_dir};
    // Where it never came, who cancels it ends it too: a late start is to find that.
    return finish(
        run, m_conductor->attach(place, m_cancels || is_unwatched(run), recorder), recorder);
}

ExitCode RunSession::cancel(const store::Run& run) {
    m_signals.ask(deploy::StopRequest::cancel);
    m_cancels = true;
    return attach(run);
}

deploy::LedgerRecorder::Conclusion RunSession::conclude(const store::Run& run,
                                                        const deploy::Report& report,
                                                        deploy::LedgerRecorder& recorder) const {
    deploy::LedgerRecorder::Conclusion conclusion;
    // Without a ledger a cancelled run stays open there: whoever reconciles reads its end.
    conclusion.told = !m_cancels || m_store != nullptr;
    if (report.outcome != store::RunOutcome::unknown && !run.ended_at && conclusion.told) {
        return recorder.conclude(
            deploy::to_run_end(report), report.commit, deploy::to_event_detail(report));
    }
    if (m_store != nullptr && report.release_id) {
        try {
            const auto release = m_store->find_release(*report.release_id);
            conclusion.status = release ? release->status : "";
        } catch (const Error&) {
            conclusion.status = ""; // what the run came to is known all the same
        }
    }
    return conclusion;
}

ExitCode RunSession::finish(const store::Run& run,
                            std::vector<deploy::Followed> hosts,
                            deploy::LedgerRecorder& recorder) {
    m_view->finish();
    deploy::Report report = deploy::make_report(subject_of(run, m_settings),
                                                std::move(hosts),
                                                m_services.language(),
                                                m_services.redactor());
    // What was told of it then is all there is, once its hosts have forgotten it.
    if (run.ended_at && !any_ended(report)) {
        return show_stored_result(m_services, run);
    }
    if (run.ended_at) {
        report.past = run.started_at;
        if (report.failure) {
            report.failure->serves = deploy::serves_of_then(run, m_services.language());
        }
    }
    if (m_cancels && is_all_cancelled(report)) {
        report.exit = 0;
    }
    if (run.kind == store::RunKind::rollback && report.commit.empty()) {
        report.commit = run.commit;
    }
    report.release_id = release_of(run, recorder);
    report.took =
        std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - m_began);
    const auto conclusion = conclude(run, report, recorder);
    report.release_id = release_of(run, recorder);
    report.status = conclusion.status;
    if (conclusion.told && m_store != nullptr) {
        tell_dev_end(m_services, *m_store, run, report);
    }
    // Without a ledger nobody will ever come back for it; of one that is still open somebody will.
    if (conclusion.told && (run.ended_at || report.outcome != store::RunOutcome::unknown)) {
        m_conductor->acknowledge();
    }
    if (m_cancels && report.exit == 0 && !is_all_cancelled(report)) {
        report.exit = 3;
        m_services.note(m_services.say(Id::cancel_ended, fmt::arg("run", run.id)));
        m_services.note(m_services.say(Id::cancel_ended_hint, fmt::arg("run", run.id)));
    }
    if (report.failure) {
        m_view->annotate(report.failure->message, to_text(*report.failure, m_services.language()));
    }
    const ExitCode code = last_words(report, conclusion);
    send_run_metrics(m_services, run.kind, report);
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

} // namespace loomrel::cli
