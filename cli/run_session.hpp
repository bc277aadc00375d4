#pragma once

#include "cli/services.hpp"
#include "cli/signals.hpp"
#include "cli/view.hpp"
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
    // `store` = null: a run without a ledger.
    RunSession(Services& services,
               config::DeploySettings settings,
               const std::vector<config::Host>& hosts);

    void begin_connecting();

    // Until it is set nothing is told to a ledger.
    void set_store(store::Store& store);

    [[nodiscard]] const std::vector<std::string>& host_names() const { return m_names; }

    // Starts the run of `plan` (its row is in the ledger) and stays with it.
    [[nodiscard]] ExitCode run(const deploy::Plan& plan, const store::Run& run);
    // Joins a run that is there, or replays it, and concludes its release.
    [[nodiscard]] ExitCode attach(const store::Run& run);

private:
    [[nodiscard]] deploy::Keeper make_keeper(const store::Run& run) const;
    [[nodiscard]] ExitCode
    finish(const store::Run& run, std::vector<deploy::Followed> hosts, deploy::Keeper& keeper);
    [[nodiscard]] ExitCode last_words(const deploy::Report& report,
                                      const deploy::Keeper::Conclusion& conclusion);

    Services& m_services;
    config::DeploySettings m_settings;
    std::vector<std::string> m_names;
    SignalWatch m_signals;
    std::unique_ptr<View> m_view;
    std::unique_ptr<deploy::Conductor> m_conductor;
    store::Store* m_store = nullptr;
    Deadline m_began = std::chrono::steady_clock::now();
};

// Concludes an open run in the ledger if it has ended on its hosts; false: it goes on, or a host
// does not answer. One that never came to its hosts, and that nobody watches, is ended as
// cancelled.
bool conclude_if_ended(Services& services, store::Store& store, const store::Run& run);

// The next command on a service and environment concludes runs that ended while nobody watched,
// before its own start. A run still going on is left alone. `host`: only runs on that one.
void conclude_open_runs(Services& services,
                        store::Store& store,
                        const std::string& service,
                        const std::string& environment,
                        const std::string& host = "");

} // namespace loomrel::cli
