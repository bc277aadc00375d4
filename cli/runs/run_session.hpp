#pragma once

#include "cli/context/services.hpp"
#include "cli/context/signals.hpp"
#include "lib/operations/deploy_plan.hpp"
#include "lib/operations/run_driver.hpp"
#include "lib/terminal/view.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace loomrel::cli {

// A run with somebody at this terminal: its driver, a view and signals wired together, and the
// result shown in every form that was asked for.
class RunSession {
public:
    // `open`: connections that are there already, by the hosts' order; null = none.
    RunSession(Services& services,
               config::DeploySettings settings,
               const std::vector<config::Host>& hosts,
               std::vector<std::unique_ptr<ssh::Connection>> open = {});

    void begin_connecting() { m_driver.begin_connecting(); }

    // Until stay() whoever interrupts ends the program at once (130): nothing has been begun that
    // would have to be seen to an end.
    void may_leave();

    void stay() { m_signals.stay(); }

    // As RunDriver has them.
    void set_ledger(store::Store& ledger) { m_driver.set_ledger(ledger); }

    void spool_only() { m_driver.spool_only(); }

    void set_rollback_from(std::string tag) { m_driver.set_rollback_from(std::move(tag)); }

    // Starts the run of `plan` (its row is in the ledger) and stays with it.
    [[nodiscard]] ExitCode run(const deploy::Plan& plan, const store::Run& run);
    // The same with a run that was there before: whatever hosts it has not reached are started.
    [[nodiscard]] ExitCode join(const deploy::Plan& plan, const store::Run& run);
    // Follows a run that is there, or replays it, and concludes its release.
    [[nodiscard]] ExitCode attach(const store::Run& run);
    // The same, asking the run to stop and to put back what served before. Good is only that.
    [[nodiscard]] ExitCode cancel(const store::Run& run);

private:
    void begin(const store::Run& run, const std::string& ref);
    [[nodiscard]] ExitCode finish(const store::Run& run);
    [[nodiscard]] ExitCode last_words(const deploy::Report& report,
                                      const deploy::LedgerRecorder::Conclusion& conclusion);

    Services& m_services;
    SignalWatch m_signals;
    std::unique_ptr<terminal::View> m_view;
    operations::RunDriver m_driver;
};

// "Started twice" (design 3): reports the run that is the answer already, or joins the one that
// goes on; nullopt = a run is to be started.
[[nodiscard]] std::optional<ExitCode> join_or_report(Services& services,
                                                     RunSession& session,
                                                     operations::Deploying& deploying,
                                                     const deploy::Decision& decision);

} // namespace loomrel::cli
