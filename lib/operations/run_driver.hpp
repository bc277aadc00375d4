#pragma once

#include "lib/deploy/conduct.hpp"
#include "lib/deploy/report.hpp"
#include "lib/operations/context.hpp"
#include "lib/operations/targets.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace loomrel::operations {

// What a run came to.
struct RunResult {
    deploy::Report report;
    deploy::LedgerRecorder::Conclusion conclusion;
    // It had ended before, and its hosts have forgotten it: what the ledger was told then is all
    // there is.
    bool only_stored = false;
    bool cancelled_too_late = false; // it ended before the cancel came
};

// A run from its first script to the ledger's last word, with somebody at this end: hosts, watcher
// and ledger wired together. Made before the ledger is asked, so that logging in and the ledger go
// side by side. One run, one thread.
class RunDriver {
public:
    // `open`: connections that are there already, by the hosts' order; null = none.
    RunDriver(const Context& context,
              Console& console,
              config::DeploySettings settings,
              const std::vector<config::Host>& hosts,
              deploy::RunListener listener,
              const OnWaiting& on_waiting,
              std::vector<std::unique_ptr<ssh::Connection>> open = {});

    // Outlives it.
    void set_stop_request(const std::atomic<deploy::StopRequest>& stop_request);
    void begin_connecting();

    // Until it is set nothing is told to a ledger.
    void set_ledger(store::Store& ledger) { m_ledger = &ledger; }

    // The ledger does not answer: what the run comes to waits in the spool.
    void spool_only() { m_spools = true; }

    // A rollback: the tag that it leaves.
    void set_rollback_from(std::string tag) { m_rollback_from = std::move(tag); }

    // Starts the run of `plan` (its row is in the ledger) and stays with it to its end.
    void run(const deploy::Plan& plan, const store::Run& run);
    // The same with a run that was there before: whatever hosts it has not reached are started.
    void join(const deploy::Plan& plan, const store::Run& run);
    // Whether join() may be asked to: not where a repository's settings are others than the run
    // began with. Says so then, and attach() is what is left.
    [[nodiscard]] bool may_start_the_rest(const deploy::Plan& plan, const store::Run& run);
    // Follows a run that is there, or replays it.
    void attach(const store::Run& run);
    // The same where the stop request is a cancel: the run is to put back what served before. Good
    // is only that.
    void cancel(const store::Run& run);

    // Behind one of these: tells the ledger what the run came to, and lets its hosts forget it.
    [[nodiscard]] RunResult conclude();

private:
    void follow(const store::Run& run);
    [[nodiscard]] deploy::LedgerRecorder::Conclusion tell_ledger(const deploy::Report& report);
    // The run may have joined another release on its way.
    [[nodiscard]] std::optional<std::int64_t> release_id() const;

    const Context& m_context;
    Console& m_console;
    config::DeploySettings m_settings;
    deploy::Conductor m_conductor;
    store::Store* m_ledger = nullptr;
    bool m_spools = false;
    std::string m_rollback_from;
    bool m_cancels = false;
    Deadline m_began = std::chrono::steady_clock::now();
    store::Run m_run;
    std::optional<deploy::LedgerRecorder> m_recorder;
    std::vector<deploy::Followed> m_followed;
};

} // namespace loomrel::operations
