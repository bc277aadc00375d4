#include "cli/serve/workers.hpp"

#include "cli/context/notices.hpp"
#include "cli/serve/ledger_log.hpp"
#include "lib/bot/sender_check.hpp"
#include "lib/operations/conclude.hpp"
#include "lib/operations/ledger.hpp"
#include "lib/operations/look_around.hpp"
#include "lib/store/server_ledger.hpp"

#include <algorithm>
#include <utility>

namespace loomrel::cli {

namespace {

using Level = ServeLog::Level;

constexpr Milliseconds k_between_reconciles{30000};
constexpr int k_most_runs_at_once = 1000;
constexpr Milliseconds k_between_tellings{2000};
// No longer than that does a ledger that is away hold up the end of serve.
constexpr Milliseconds k_longest_store_call{5000};
// Another server on the ledger is there at once when this one goes, or soon when it was killed.
constexpr Milliseconds k_presence{10000};
constexpr Milliseconds k_between_presences{2000};
constexpr Milliseconds k_between_sender_checks{2000};

bool has_hosts(Services& services, const store::Run& run) {
    try {
        return !services.config().hosts(run.environment, run.service).empty();
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
        if (!operations::is_unwatched(run) || !has_hosts(services, run)) {
            continue;
        }
        try {
            if (operations::conclude_if_ended(services.context(), log, store, run)) {
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
                const auto store = services.open_another_store(
                    Services::Purpose::production, k_longest_store_call, /*must_exist=*/true);
                do {
                    conclude_unwatched(services, log, *store, stop);
                    if (const std::size_t told =
                            operations::make_spool(services.context()).deliver(*store);
                        told > 0) {
                        log.write(Level::info, "spool_delivered", {{"changes", told}});
                    }
                } while (rest(stop, k_between_reconciles));
            }};
}

void look(Services& services, ServeLog& log, store::Store& store) {
    for (const auto& looked : operations::look_around(services.context(), log, store)) {
        const std::string& service = looked.untold.service;
        const std::string& environment = looked.untold.environment;
        for (const std::string& host : looked.silent) {
            log.write(Level::warning,
                      "host_silent",
                      {{"service", service}, {"environment", environment}, {"host", host}});
        }
        deploy::take_over(store, looked.untold);
        for (const deploy::RestoredByHand& one : looked.untold.by_hand) {
            log.write(Level::warning,
                      "restored_by_hand",
                      {{"service", service},
                       {"environment", environment},
                       {"host", one.host},
                       {"by", one.change.by},
                       {"serves", one.change.serves},
                       {"run_id", one.run}});
        }
        for (const deploy::Unproven& one : looked.untold.unproven) {
            log.write(Level::error,
                      "unproven_serves",
                      {{"service", service},
                       {"environment", environment},
                       {"host", one.host},
                       {"serves", one.serves},
                       {"approved", one.approved}});
        }
    }
}

// Nobody else tells of what is done on the hosts themselves.
Worker looker(Services& services, ServeLog& log) {
    return {"look", [&services, &log](const std::stop_token& stop) {
                const auto store = services.open_another_store(
                    Services::Purpose::production, k_longest_store_call, /*must_exist=*/true);
                do {
                    look(services, log, *store);
                } while (rest(stop, services.config().server.look_every));
            }};
}

// Whoever did it, and wherever: the ledger is where all of it is written.
Worker teller(Services& services, ServeLog& log) {
    return {"ledger_log", [&services, &log](const std::stop_token& stop) {
                const auto store = services.open_another_store(
                    Services::Purpose::production, k_longest_store_call, /*must_exist=*/true);
                LedgerLog ledger_log(log, dynamic_cast<store::ServerLedger&>(*store));
                bool more = true;
                bool away = false;
                while (std::exchange(more, more && rest(stop, k_between_tellings))) {
                    try {
                        ledger_log.look();
                        away = false;
                    } catch (const Error& error) {
                        // Nothing is lost by that: it is written when the ledger is back.
                        if (!std::exchange(away, true)) {
                            log.failure("ledger_log", error);
                        }
                    }
                }
            }};
}

// Where it cannot begin any, people are told what to type.
bool begins_deploys(const config::Config& config) {
    const auto is_direct = [&](const std::string& service) {
        return config.deploy(service, "prod").prod_by == "direct";
    };
    return (!config.github.token.empty() && !config.github.owner.empty())
           || std::any_of(config.services.begin(), config.services.end(), is_direct);
}

// Who began a release is what GitHub says, not what its job says.
Worker sender_check(Services& services, ServeLog& log) {
    return {"senders", [&services, &log](const std::stop_token& stop) {
                const auto store = services.open_another_store(
                    Services::Purpose::production, k_longest_store_call, /*must_exist=*/true);
                const config::Config& config = services.config();
                github::Client client(github_options(config));
                bot::SenderCheck check(
                    dynamic_cast<store::ServerLedger&>(*store),
                    client,
                    config,
                    now,
                    [&log](const bot::SenderCheck::Told& told) {
                        const bool differs = told.said != told.github;
                        log.write(differs ? Level::warning : Level::info,
                                  differs ? "sender_differs" : "sender",
                                  {{"release_id", told.release_id},
                                   {"said", told.said},
                                   {"github", told.github}});
                    },
                    [&log](std::int64_t release_id, const std::string& reason) {
                        log.write(Level::warning,
                                  "sender_not_told",
                                  {{"release_id", release_id}, {"reason", reason}});
                    });
                do {
                    check.run([&stop] { return stop.stop_requested(); });
                } while (rest(stop, k_between_sender_checks));
            }};
}

Worker presence(Services& services) {
    // The same when the worker begins again: its lease is its own then.
    return {"presence", [&services, owner = lease_owner()](const std::stop_token& stop) {
                const auto store = services.open_another_store(
                    Services::Purpose::production, k_longest_store_call, /*must_exist=*/true);
                auto& ledger = dynamic_cast<store::ServerLedger&>(*store);
                do {
                    (void)ledger.take_lease(store::k_serve_lease, owner, k_presence);
                } while (rest(stop, k_between_presences));
                ledger.drop_lease(store::k_serve_lease, owner);
            }};
}

} // namespace

std::vector<Worker> make_workers(Services& services, ServeLog& log, telemetry::Metrics&) {
    std::vector<Worker> workers;
    workers.push_back(reconciler(services, log));
    workers.push_back(teller(services, log));
    if (services.config().server.look_every > Milliseconds{0}) {
        workers.push_back(looker(services, log));
    }
    const auto& github = services.config().github;
    if (!github.token.empty() && !github.owner.empty()) {
        workers.push_back(sender_check(services, log));
    }
    if (begins_deploys(services.config())) {
        workers.push_back(presence(services));
    }
    return workers;
}

} // namespace loomrel::cli
