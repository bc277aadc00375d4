#include "lib/operations/run_driver.hpp"

#include "lib/base/text.hpp"
#include "lib/deploy/shown_settings.hpp"
#include "lib/operations/conclude.hpp"
#include "lib/operations/dev_notice.hpp"
#include "lib/operations/ledger.hpp"
#include "lib/operations/production_settings.hpp"
#include "lib/operations/run_subject.hpp"

#include <algorithm>
#include <utility>

namespace loomrel::operations {

namespace {

// Stopped on every host, and nothing left that should have been put back.
bool is_all_cancelled(const deploy::Report& report) {
    return std::all_of(report.hosts.begin(), report.hosts.end(), [](const deploy::Followed& host) {
        return host.end && host.end->outcome == "cancelled" && host.end->restored != "failed"
               && host.end->restored != "none";
    });
}

bool any_ended(const deploy::Report& report) {
    return std::any_of(report.hosts.begin(), report.hosts.end(), [](const deploy::Followed& host) {
        return host.how == deploy::HowFollowed::ended;
    });
}

std::vector<deploy::Target> with_open(std::vector<deploy::Target> targets,
                                      std::vector<std::unique_ptr<ssh::Connection>> open) {
    for (std::size_t i = 0; i < targets.size() && i < open.size(); ++i) {
        if (open[i]) {
            use_first(targets[i], std::move(open[i]));
        }
    }
    return targets;
}

// A workflow that is interrupted knows who started it, not who cancelled it.
std::string interrupter(const Caller& caller) {
    return caller.asker.github_run_id.empty() ? caller.actor
                                              : "GitHub Actions, run " + caller.asker.github_run_id;
}

} // namespace

RunDriver::RunDriver(const Context& context,
                     Console& console,
                     config::DeploySettings settings,
                     const std::vector<config::Host>& hosts,
                     deploy::RunListener listener,
                     const OnWaiting& on_waiting,
                     std::vector<std::unique_ptr<ssh::Connection>> open)
    : m_context(context),
      m_console(console),
      m_settings(std::move(settings)),
      m_conductor(with_open(make_targets(context, hosts, on_waiting), std::move(open)),
                  std::move(listener),
                  context.patience) {}

void RunDriver::set_stop_request(const std::atomic<deploy::StopRequest>& stop_request) {
    m_conductor.stop_request = &stop_request;
    m_conductor.asks_as = interrupter(m_context.caller);
}

void RunDriver::begin_connecting() {
    m_conductor.begin_connecting(m_settings.canary);
}

void RunDriver::follow(const store::Run& run) {
    m_run = run;
    m_recorder.emplace(m_ledger, make_spool(m_context), m_context.caller.actor);
    m_recorder->set_run(run);
    // What has ended is shown once more, and moves nothing.
    if (run.release_id && !run.ended_at) {
        m_recorder->set_release(*run.release_id, run.environment);
    }
    m_recorder->set_rollback_from(m_rollback_from);
    if (m_spools) {
        m_recorder->tell_later();
    }
}

void RunDriver::run(const deploy::Plan& plan, const store::Run& run) {
    follow(run);
    m_followed = m_conductor.run(plan, *m_recorder);
}

void RunDriver::join(const deploy::Plan& plan, const store::Run& run) {
    m_conductor.joins = true;
    this->run(plan, run);
}

bool RunDriver::may_start_the_rest(const deploy::Plan& plan, const store::Run& run) {
    config::DeploySettings as_begun = plan.settings;
    deploy::keep_unproven(as_begun, run.settings);
    if (!deploy::is_unproven(as_begun)) {
        return true;
    }
    m_settings = ProductionSettings(m_context, m_console).of(run);
    const auto& keys = as_begun.of_repository;
    m_console.note(
        m_context.say(messages::Id::deploy_unproven_join,
                      fmt::arg("run", run.id),
                      fmt::arg("keys", loomrel::join({keys.begin(), keys.end()}, ", "))));
    return false;
}

void RunDriver::attach(const store::Run& run) {
    follow(run);
    const deploy::RunPlace place{run.id, run.service, run.environment, m_settings.state_dir};
    // Where it never came, who cancels it ends it too: a late start is to find that.
    m_followed = m_conductor.attach(place, m_cancels || is_unwatched(run), *m_recorder);
}

void RunDriver::cancel(const store::Run& run) {
    m_cancels = true;
    m_conductor.asks_as = m_context.caller.actor;
    attach(run);
}

std::optional<std::int64_t> RunDriver::release_id() const {
    return m_recorder->release_id() ? m_recorder->release_id() : m_run.release_id;
}

deploy::LedgerRecorder::Conclusion RunDriver::tell_ledger(const deploy::Report& report) {
    deploy::LedgerRecorder::Conclusion conclusion;
    // Without a ledger a cancelled run stays open there: whoever reconciles reads its end.
    conclusion.told = !m_cancels || m_ledger != nullptr;
    if (report.outcome != store::RunOutcome::unknown && !m_run.ended_at && conclusion.told) {
        return m_recorder->conclude(
            deploy::to_run_end(report), report.commit, deploy::to_event_detail(report));
    }
    if (m_ledger != nullptr && report.release_id) {
        try {
            const auto release = m_ledger->find_release(*report.release_id);
            conclusion.status = release ? release->status : "";
        } catch (const Error&) {
            conclusion.status = ""; // what the run came to is known all the same
        }
    }
    return conclusion;
}

RunResult RunDriver::conclude() {
    RunResult result{deploy::make_report(subject_of(m_run, m_settings),
                                         std::move(m_followed),
                                         m_context.language,
                                         m_context.redactor),
                     {}};
    deploy::Report& report = result.report;
    if (m_run.ended_at && !any_ended(report)) {
        result.only_stored = true;
        return result;
    }
    if (m_run.ended_at) {
        report.past = m_run.started_at;
        if (report.failure) {
            report.failure->serves = deploy::serves_of_then(m_run, m_context.language);
        }
    }
    if (m_cancels && is_all_cancelled(report)) {
        report.exit = 0;
        // Of a run that never came to its hosts no journal says it.
        if (report.cancelled_by.empty()) {
            report.cancelled_by = m_context.caller.actor;
        }
    }
    if (m_run.kind == store::RunKind::rollback && report.commit.empty()) {
        report.commit = m_run.commit;
    }
    report.release_id = release_id();
    report.took =
        std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - m_began);
    result.conclusion = tell_ledger(report);
    report.release_id = release_id();
    report.status = result.conclusion.status;
    if (result.conclusion.told && m_ledger != nullptr) {
        tell_dev_end(m_context, m_console, *m_ledger, m_run, report);
    }
    // Without a ledger nobody will ever come back for it; of one that is still open somebody will.
    if (result.conclusion.told
        && (m_run.ended_at || report.outcome != store::RunOutcome::unknown)) {
        m_conductor.acknowledge();
    }
    if (m_cancels && report.exit == 0 && !is_all_cancelled(report)) {
        report.exit = 3;
        result.cancelled_too_late = true;
    }
    return result;
}

} // namespace loomrel::operations
