#include "cli/serve.hpp"

#include "cli/host_operations.hpp"
#include "cli/metrics.hpp"
#include "cli/serve_log.hpp"
#include "cli/serve_telegram.hpp"
#include "cli/serve_workers.hpp"
#include "cli/services.hpp"
#include "cli/signals.hpp"
#include "cli/systemd.hpp"
#include "lib/base/digest.hpp"
#include "lib/base/text.hpp"
#include "lib/server/proxies.hpp"
#include "lib/server/server.hpp"
#include "lib/store/server_ledger.hpp"
#include "lib/telemetry/exporter.hpp"

#include <arpa/inet.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <exception>
#include <thread>

namespace loomrel::cli {

namespace {

using Level = ServeLog::Level;
using messages::Id;
using messages::phrase;

// Less than the callers' patience: they ask again, and find another connection then.
constexpr Milliseconds k_store_deadline{5000};
constexpr Milliseconds k_between_migrations{5000};
// Who asks as soon as it is told that we listen finds a ledger that is there up to date.
constexpr Milliseconds k_head_start{2000};

struct Listen {
    std::string address;
    std::uint16_t port = 0;
};

// No name: it may be many addresses, or another one tomorrow.
bool is_address(const std::string& text) {
    in6_addr parsed{};
    return ::inet_pton(AF_INET, text.c_str(), &parsed) == 1
           || ::inet_pton(AF_INET6, text.substr(0, text.find('%')).c_str(), &parsed) == 1;
}

// "127.0.0.1:8000", "[::1]:8000", ":8000" (everywhere).
Listen parse_listen(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    const auto port =
        colon == std::string::npos ? std::nullopt : parse_integer(text.substr(colon + 1));
    std::string address = text.substr(0, colon);
    if (address.starts_with('[') && address.ends_with(']')) {
        address = address.substr(1, address.size() - 2);
    } else if (address.find(':') != std::string::npos) {
        address.clear();
    } else if (address.empty() || address == "*") {
        address = "0.0.0.0";
    } else if (address == "localhost") {
        address = "127.0.0.1";
    }
    if (!port || *port < 0 || *port > 65535 || !is_address(address)) {
        throw Error(ErrorKind::config,
                    "bad_listen",
                    phrase(Id::serve_bad_listen, fmt::arg("text", sanitize_line(text))),
                    phrase(Id::server_cannot_listen_hint));
    }
    return {address, static_cast<std::uint16_t>(*port)};
}

server::Settings settings_of(Services& services, const ServeOptions& options) {
    const config::Config& config = services.config();
    const Listen listen = parse_listen(options.listen.value_or(config.server.listen));
    server::Settings settings;
    settings.address = listen.address;
    settings.port = listen.port;
    settings.trusted_proxies = config.server.trusted_proxies;
    settings.api.prefix = config.server.prefix;
    settings.api.key = config.store.api_secret.unsent();
    settings.api.rules = config.approval_rules();
    if (!config.telegram.token.empty()) {
        settings.api.webhook_secret =
            Secret(to_hex(hmac_sha256(config.telegram.token.unsent().reveal(), "loomrel webhook")));
    }
    return settings;
}

void require_database(Services& services) {
    const std::string& url = services.config().store.url;
    if (url.starts_with("http://") || url.starts_with("https://")) {
        throw Error(ErrorKind::config,
                    "serve_needs_database",
                    phrase(Id::serve_needs_database, fmt::arg("url", store::shown_url(url))),
                    phrase(Id::serve_needs_database_hint));
    }
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
            // Whoever decides or claims is held to these from now on, over whichever store.
            if (auto* ledger = dynamic_cast<store::ServerLedger*>(store.get())) {
                (void)ledger->keep_approval_rules(services.config().approval_rules(), "serve");
            }
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

nlohmann::ordered_json
summary(Services& services, const std::string& address, const server::Settings& settings) {
    return {{"listen", address},
            {"prefix", settings.api.prefix},
            {"store", store::shown_url(services.config().store.url)}};
}

ExitCode show_plan(Services& services, const server::Settings& settings) {
    const bool v6 = settings.address.find(':') != std::string::npos;
    const std::string address = (v6 ? "[" + settings.address + "]" : settings.address) + ":"
                                + std::to_string(settings.port);
    if (services.json()) {
        auto plan = summary(services, address, settings);
        plan["dry_run"] = true;
        services.out_json(plan);
        return ExitCode::ok;
    }
    services.out(services.say(Id::serve_plan,
                              fmt::arg("address", address),
                              fmt::arg("prefix", settings.api.prefix),
                              fmt::arg("store", store::shown_url(services.config().store.url)))
                 + "\n");
    return ExitCode::ok;
}

} // namespace

void register_serve(Command& parent) {
    auto options = std::make_shared<ServeOptions>();
    parent.command("serve", Id::serve_about)
        .option("--listen", "ADDRESS:PORT", Id::serve_help_listen, &options->listen)
        .flag("--dry-run", Id::cli_help_dry_run, options->dry_run)
        .runs([options](Services& services) { return run_serve(services, *options); });
}

void check_serve_settings(Services& services) {
    const server::Settings settings = settings_of(services, {});
    (void)server::Proxies(settings.trusted_proxies);
    check_webhook_url(services.config());
}

ExitCode run_serve(Services& services, const ServeOptions& options) {
    const server::Settings settings = settings_of(services, options);
    require_database(services);
    server::check_key(settings);
    check_webhook_url(services.config());
    if (options.dry_run) {
        return show_plan(services, settings);
    }
    // What is read when it is first asked for must be there before there are threads.
    (void)services.github();
    ServeLog log(services);
    const SignalWatch signals; // before any other thread
    telemetry::Metrics metrics(services.now());
    Requests requests(log, metrics);
    server::Parts parts;
    parts.watcher = &requests;
    // Whoever migrates makes the ledger. One that is gone is not one without releases.
    parts.open_store = [&services] {
        return services.open_another_store(
            Services::Purpose::production, k_store_deadline, /*must_exist=*/true);
    };
    Migrating migrating;
    HostOperations operations(
        services, [&log](const std::exception& error) { log.failure("deploy", error); });
    ServeTelegram telegram(services, log, metrics, &operations, settings.api.webhook_secret);
    parts.outlets.updates = telegram.updates();
    parts.outlets.webhook = telegram.webhook();
    server::Server server(settings, std::move(parts));
    const auto told = summary(services, server.address(), settings);
    {
        std::optional<telemetry::Pusher> pusher;
        if (auto wanted =
                telemetry::read_settings(services.environment(), services.config().cleartext)) {
            pusher.emplace(metrics, *std::move(wanted));
        }
        const auto on_error = [&log](const std::string& name, const std::exception& error) {
            log.failure(name, error);
        };
        Workers ledger({migrating.worker(services, log)}, on_error);
        std::vector<Worker> all = make_workers(services, log, metrics);
        for (Worker& worker : telegram.workers()) {
            all.push_back(std::move(worker));
        }
        std::thread serving([&server] { server.run(); });
        const Deadline soon = deadline_in(k_head_start);
        while (!migrating.has_tried() && !signals.came() && left_until(soon).count() > 0) {
            std::this_thread::sleep_for(Milliseconds(5));
        }
        // They write to a ledger that is there, and make none.
        Workers workers(std::move(all), on_error);
        if (!migrating.is_hopeless()) {
            log.write(Level::info, "listening", told);
            tell_what_is_left_out(services, operations, log);
            notify_manager(services.env("NOTIFY_SOCKET"), "READY=1");
            if (services.json()) {
                services.out_json(told);
            }
        }
        while (!signals.came() && !migrating.is_hopeless()) {
            std::this_thread::sleep_for(Milliseconds(50));
        }
        notify_manager(services.env("NOTIFY_SOCKET"), "STOPPING=1");
        log.write(Level::info, "stopping");
        operations.leave();
        // Side by side: each may have to wait for a ledger that says nothing.
        ledger.ask_to_stop();
        workers.ask_to_stop();
        server.stop();
        serving.join();
    }
    log.write(Level::info, "stopped");
    migrating.rethrow();
    return ExitCode::ok;
}

} // namespace loomrel::cli
