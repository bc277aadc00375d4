#include "cli/serve/run_server.hpp"

#include "cli/context/signals.hpp"
#include "cli/serve/host_operations.hpp"
#include "cli/serve/log.hpp"
#include "cli/serve/request_metrics.hpp"
#include "cli/serve/server_settings.hpp"
#include "cli/serve/systemd.hpp"
#include "cli/serve/telegram.hpp"
#include "cli/serve/workers.hpp"
#include "lib/store/server_ledger.hpp"
#include "lib/telemetry/exporter.hpp"

#include <nlohmann/json.hpp>

#include <atomic>
#include <exception>
#include <thread>

namespace loomrel::cli {

namespace {

using Level = ServeLog::Level;

// Less than the callers' patience: they ask again, and find another connection then.
constexpr Milliseconds k_store_deadline{5000};
constexpr Milliseconds k_between_migrations{5000};
// Who asks as soon as it is told that we listen finds a ledger that is there up to date.
constexpr Milliseconds k_head_start{2000};

// Whoever decides or claims is held to these from now on, over whichever store. A server that names
// no approver lets whoever asks go by his own rules, as before it came.
void keep_rules(store::Store& store, const release::ApprovalRules& rules, ServeLog& log) {
    auto* ledger = dynamic_cast<store::ServerLedger*>(&store);
    if (ledger == nullptr || (rules.approvers.empty() && !ledger->approval_rules())) {
        return;
    }
    if (ledger->keep_approval_rules(rules, "serve")) {
        log.write(Level::warning,
                  "rules_changed",
                  {{"by", "serve"},
                   {"approvers", rules.approvers},
                   {"quorum", rules.quorum},
                   {"self_approval", rules.self_approval},
                   {"expires_ms", rules.expires.count()}});
    }
}

// Whoever migrates makes the ledger. One that is gone is not one without releases.
std::unique_ptr<store::ApiLedger> open_api_ledger(Services& services) {
    auto store = services.open_another_store(
        Services::Purpose::production, k_store_deadline, /*must_exist=*/true);
    auto& ledger = dynamic_cast<store::ApiLedger&>(*store);
    (void)store.release();
    return std::unique_ptr<store::ApiLedger>(&ledger);
}

// The schema is brought up to date while requests are answered already: a ledger that is away now
// may be there in a minute. What no waiting mends (a newer schema, no rights) ends the server.
class Migrating {
public:
    Worker worker(Services& services, ServeLog& log) {
        return {"ledger", [this, &services, &log](const std::stop_token& stop) {
                    do {
                        m_done = try_once(services, log);
                        m_tried = true;
                    } while (!m_done && rest(stop, k_between_migrations));
                }};
    }

    // Whether the first try is over, well or not.
    [[nodiscard]] bool has_tried() const { return m_tried; }

    [[nodiscard]] bool is_hopeless() const { return m_hopeless; }

    void rethrow() const {
        if (m_hopeless) {
            std::rethrow_exception(m_why);
        }
    }

private:
    bool try_once(Services& services, ServeLog& log) {
        try {
            const auto store =
                services.open_another_store(Services::Purpose::production, k_store_deadline);
            (void)store->migrate();
            keep_rules(*store, services.config().approval_rules(), log);
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::ledger) {
                log.failure("ledger", error);
                return false;
            }
            m_why = std::current_exception();
            m_hopeless = true;
        }
        return true;
    }

    bool m_done = false;
    std::exception_ptr m_why; // written before m_hopeless, read after it
    std::atomic<bool> m_hopeless = false;
    std::atomic<bool> m_tried = false;
};

class Requests final : public server::Watcher {
public:
    Requests(ServeLog& log, telemetry::Metrics& metrics)
        : m_log(log),
          m_metrics(metrics) {}

    void began(const std::string& method) override { count_begun(m_metrics, method); }

    void ended(const server::Served& served) override {
        count_ended(m_metrics, served);
        m_log.request(served);
    }

private:
    ServeLog& m_log;
    telemetry::Metrics& m_metrics;
};

// A button that is not there tells nobody why.
void tell_what_is_left_out(Services& services, HostOperations& operations, ServeLog& log) {
    if (services.config().telegram.token.empty()) {
        return;
    }
    for (const std::string& service : services.config().services) {
        std::string why;
        if (!operations.can_roll_back(service, why)) {
            log.write(
                Level::warning, "rollback_not_offered", {{"service", service}, {"reason", why}});
        }
    }
}

// It is no reason not to start: whoever has it in use cannot exchange it everywhere at once.
void tell_weak_key(const Secret& key, ServeLog& log) {
    if (store::is_weak(key)) {
        log.write(Level::warning,
                  "weak_key",
                  {{"key", store::k_interserver}, {"shortest", store::k_shortest_interserver}});
    }
}

// All that lives as long as the server does, made and ended in this order.
class ServerProcess {
public:
    ServerProcess(Services& services, const server::Settings& settings)
        : m_services(services),
          m_log(services),
          m_metrics(services.now()),
          m_requests(m_log, m_metrics),
          m_operations(services.context(),
                       m_log,
                       [this](const std::exception& error) { m_log.failure("deploy", error); }),
          m_telegram(services, m_log, m_metrics, &m_operations, settings.api.webhook_secret),
          m_server(settings, parts()),
          m_summary(server_summary(services, m_server.address(), settings)) {}

    void until_signal() {
        {
            std::optional<telemetry::Pusher> pusher;
            if (auto wanted = telemetry::read_settings(m_services.environment(),
                                                       m_services.config().cleartext)) {
                pusher.emplace(m_metrics, *std::move(wanted));
            }
            const auto on_error = [this](const std::string& name, const std::exception& error) {
                m_log.failure(name, error);
            };
            Workers ledger({m_migrating.worker(m_services, m_log)}, on_error);
            std::vector<Worker> others = other_workers();
            std::thread serving([this] { m_server.run(); });
            await_first_migration();
            // They write to a ledger that is there, and make none.
            Workers workers(std::move(others), on_error);
            if (!m_migrating.is_hopeless()) {
                tell_listening();
            }
            while (!m_signals.came() && !m_migrating.is_hopeless()) {
                std::this_thread::sleep_for(Milliseconds(50));
            }
            notify_manager(m_services.env("NOTIFY_SOCKET"), "STOPPING=1");
            m_log.write(Level::info, "stopping");
            m_operations.leave();
            // Side by side: each may have to wait for a ledger that says nothing.
            ledger.ask_to_stop();
            workers.ask_to_stop();
            m_server.stop();
            serving.join();
        }
        m_log.write(Level::info, "stopped");
        m_migrating.rethrow();
    }

private:
    server::Parts parts() {
        server::Parts parts;
        parts.watcher = &m_requests;
        parts.open_store = [this] { return open_api_ledger(m_services); };
        parts.bot_hooks.updates = m_telegram.updates();
        parts.bot_hooks.webhook = m_telegram.webhook();
        return parts;
    }

    std::vector<Worker> other_workers() {
        std::vector<Worker> all = make_workers(m_services, m_log, m_metrics);
        for (Worker& worker : m_telegram.workers()) {
            all.push_back(std::move(worker));
        }
        return all;
    }

    void await_first_migration() {
        const Deadline soon = deadline_in(k_head_start);
        while (!m_migrating.has_tried() && !m_signals.came() && left_until(soon).count() > 0) {
            std::this_thread::sleep_for(Milliseconds(5));
        }
    }

    void tell_listening() {
        m_log.write(Level::info, "listening", m_summary);
        tell_what_is_left_out(m_services, m_operations, m_log);
        tell_weak_key(m_services.config().store.api_secret.unsent(), m_log);
        notify_manager(m_services.env("NOTIFY_SOCKET"), "READY=1");
        if (m_services.json()) {
            m_services.out_json(m_summary);
        }
    }

    Services& m_services;
    ServeLog m_log;
    const SignalWatch m_signals; // before any thread
    telemetry::Metrics m_metrics;
    Requests m_requests;
    Migrating m_migrating;
    HostOperations m_operations;
    ServeTelegram m_telegram;
    server::Server m_server;
    nlohmann::ordered_json m_summary;
};

} // namespace

void run_server(Services& services, const server::Settings& settings) {
    // What is read when it is first asked for must be there before there are threads.
    (void)services.context();
    ServerProcess(services, settings).until_signal();
}

} // namespace loomrel::cli
