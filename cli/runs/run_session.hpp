#pragma once

#include "cli/context/services.hpp"
#include "cli/context/signals.hpp"
#include "cli/terminal/view.hpp"
#include "lib/deploy/conduct.hpp"
#include "lib/deploy/report.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace loomrel::cli {

// A run with somebody at this end: view, signals, hosts and ledger wired together, and the result
// shown in every form that was asked for. Made before the ledger is asked, so that logging in and
// the ledger go side by side.
class RunSession {
public:
    // `open`: connections that are there already, by the hosts' order; null = none.
    RunSession(Services& services,
               config::DeploySettings settings,
               const std::vector<config::Host>& hosts,
               std::vector<std::unique_ptr<ssh::Connection>> open = {});

    void begin_connecting();

    // Until stay() whoever interrupts ends the program at once (130): nothing has been begun that
    // would have to be seen to an end.
    void may_leave();

    void stay() { m_signals.stay(); }

    // Until it is set nothing is told to a ledger.
    void set_store(store::Store& store);
    // The ledger does not answer: what the run comes to waits in the spool.
    void spool_only();

    [[nodiscard]] const std::vector<std::string>& host_names() const { return m_names; }

    // A rollback: the tag that it leaves.
    void set_rollback_from(std::string tag) { m_rollback_from = std::move(tag); }

    // Starts the run of `plan` (its row is in the ledger) and stays with it.
    [[nodiscard]] ExitCode run(const deploy::Plan& plan, const store::Run& run);
    // The same with a run that was there before: whatever hosts it has not reached are started.
    [[nodiscard]] ExitCode join(const deploy::Plan& plan, const store::Run& run);
    // Follows a run that is there, or replays it, and concludes its release.
    [[nodiscard]] ExitCode attach(const store::Run& run);
    // The same, asking the run to stop and to put back what served before. Good is only that.
    [[nodiscard]] ExitCode cancel(const store::Run& run);

private:
    void set_last_words(const store::Run& run);
    [[nodiscard]] deploy::LedgerRecorder make_recorder(const store::Run& run) const;
    [[nodiscard]] ExitCode finish(const store::Run& run,
                                  std::vector<deploy::Followed> hosts,
                                  deploy::LedgerRecorder& recorder);
    [[nodiscard]] deploy::LedgerRecorder::Conclusion
    conclude(const store::Run& run,
             const deploy::Report& report,
             deploy::LedgerRecorder& recorder) const;
    [[nodiscard]] ExitCode last_words(const deploy::Report& report,
                                      const deploy::LedgerRecorder::Conclusion& conclusion);

    Services& m_services;
    config::DeploySettings m_settings;
    std::vector<std::string> m_names;
    SignalWatch m_signals;
    std::unique_ptr<View> m_view;
    std::unique_ptr<deploy::Conductor> m_conductor;
    store::Store* m_store = nullptr;
    bool m_spools = false;
    std::string m_rollback_from;
    bool m_cancels = false;
    Deadline m_began = std::chrono::steady_clock::now();
};

} // namespace loomrel::cli
