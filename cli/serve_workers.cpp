#include "cli/serve_workers.hpp"

#include "cli/local_state.hpp"
#include "cli/run_session.hpp"

namespace loomrel::cli {

namespace {

using Level = ServeLog::Level;

constexpr Milliseconds k_between_reconciles{30000};
// A run that nobody has seen for so long has no watcher (design 6, "Who moves the status").
constexpr Milliseconds k_unwatched_run{30000};
constexpr int k_most_runs_at_once = 1000;

bool has_hosts(Services& services, const store::Run& run) {
    try {
        return !services.config().hosts(run.environment).empty();
    } catch (const Error&) {
        return false; // this machine has no way to them; another one may
    }
}

void conclude_unwatched(Services& services,
                        ServeLog& log,
                        store::Store& store,
                        const std::stop_token& stop) {
    store::RunQuery query;
    query.open_only = true;
    query.limit = k_most_runs_at_once;
    for (const store::Run& run : store.list_runs(query)) {
        if (stop.stop_requested()) {
            return;
        }
        if (run.unseen_for <= k_unwatched_run || !has_hosts(services, run)) {
            continue;
        }
        try {
            if (conclude_if_ended(services, store, run)) {
                log.write(Level::info,
                          "run_concluded",
                          {{"run_id", run.id},
                           {"service", run.service},
                           {"environment", run.environment}});
            }
        } catch (const Error& error) {
            // It stays open, and is looked at again; the others do not wait for it.
            log.write(Level::warning,
                      "run_not_reached",
                      {{"run_id", run.id}, {"reason", error.message().en}});
        }
    }
}

Worker reconciler(Services& services, ServeLog& log) {
    return {"reconcile", [&services, &log](const std::stop_token& stop) {
                const auto store = services.open_another_store();
                do {
                    conclude_unwatched(services, log, *store, stop);
                    if (const std::size_t told = make_spool(services).deliver(*store); told > 0) {
                        log.write(Level::info, "spool_delivered", {{"changes", told}});
                    }
                } while (rest(stop, k_between_reconciles));
            }};
}

} // namespace

std::vector<Worker> make_workers(Services& services, ServeLog& log, telemetry::Metrics&) {
    std::vector<Worker> workers;
    workers.push_back(reconciler(services, log));
    return workers;
}

} // namespace loomrel::cli
