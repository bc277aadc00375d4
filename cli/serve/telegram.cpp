#include "cli/serve/telegram.hpp"

#include "cli/context/notices.hpp"
#include "cli/serve/request_metrics.hpp"
#include "lib/bot/delivery.hpp"
#include "lib/bot/dispatcher.hpp"
#include "lib/bot/poller.hpp"
#include "lib/bot/webhook_receiver.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

namespace loomrel::cli {

namespace {

using Level = ServeLog::Level;

// What another process put into the outbox is found by looking.
constexpr Milliseconds k_between_looks{1000};
constexpr Milliseconds k_between_sweeps{60000};
constexpr Milliseconds k_one_round{30000};
constexpr Milliseconds k_bot_store_deadline{5000};
constexpr Milliseconds k_set_webhook{9000};

std::unique_ptr<store::ServerLedger> open_ledger(Services& services) {
    auto opened = services.open_another_store(
        Services::Purpose::production, k_bot_store_deadline, /*must_exist=*/true);
    // serve refuses to start on anything but a database.
    return std::unique_ptr<store::ServerLedger>(
        dynamic_cast<store::ServerLedger*>(opened.release()));
}

std::string webhook_url(const config::Config& config) {
    std::string url = config.server.public_url;
    while (url.ends_with('/')) {
        url.pop_back();
    }
    return url.empty() ? "" : url + "/update";
}

bot::BotParts parts_of(Services& services,
                       ServeLog& log,
                       telemetry::Metrics& metrics,
                       store::ServerLedger& ledger,
                       bot::Operations* operations) {
    return {
        ledger,
        services.config(),
        telegram_options(services.config()),
        operations,
        now,
        [&log](const std::string& what, const std::string& why) {
            log.write(Level::warning, "telegram", {{"what", what}, {"reason", why}});
        },
        [&metrics](bool ok, Milliseconds took) {
            count_message(metrics, ok, static_cast<double>(took.count()) / 1000);
        },
        [&log](const std::string& why, std::int64_t who) {
            log.write(Level::warning, "telegram_refused", {{"reason", why}, {"telegram_id", who}});
        },
        [&services] { return open_ledger(services); }};
}

} // namespace

// The bot behind the webhook.
class ServeTelegram::Updates final : public server::UpdateSink {
public:
    Updates(Services& services,
            ServeLog& log,
            telemetry::Metrics& metrics,
            bot::Operations* operations)
        : m_ledger(open_ledger(services)),
          m_receiver(parts_of(services, log, metrics, *m_ledger, operations)) {}

    void take(const std::string& update) override {
        if (!m_receiver.take(update)) {
            server::Refused refused{server::refusal(503, "busy", "too many updates are waiting")};
            refused.response.headers.emplace_back("Retry-After", "5");
            throw server::Refused(std::move(refused));
        }
    }

private:
    std::unique_ptr<store::ServerLedger> m_ledger;
    bot::WebhookReceiver m_receiver;
};

class ServeTelegram::Hook final : public server::Webhook {
public:
    Hook(telegram::Options options, std::string url, Secret secret)
        : m_options(std::move(options)),
          m_url(std::move(url)),
          m_secret(std::move(secret)) {}

    server::WebhookState set() override { return set(false); }

    server::WebhookState set(bool anew) {
        // The worker and the route; two calls within a second are too many for Telegram.
        const std::lock_guard lock(m_mutex);
        try {
            telegram::Api api(m_options);
            api.set_deadline(deadline_in(k_set_webhook));
            const bool changed = bot::ensure_webhook(api, m_url, m_secret.reveal(), anew);
            const telegram::WebhookInfo info = api.webhook_info();
            return {info.url, info.pending, info.last_error, changed};
        } catch (const telegram::Problem& problem) {
            const std::string why = problem.what();
            // Whoever asked did nothing wrong where Telegram is only away.
            const bool later = problem.kind() == telegram::Problem::Kind::away
                               || problem.kind() == telegram::Problem::Kind::too_many;
            throw Error(
                later ? ErrorKind::no_host : ErrorKind::refused,
                "telegram",
                messages::phrase(messages::Id::serve_telegram_trouble, fmt::arg("reason", why)));
        }
    }

private:
    std::mutex m_mutex;
    telegram::Options m_options;
    std::string m_url;
    Secret m_secret;
};

void check_webhook_url(const config::Config& config) {
    if (!config.telegram.token.empty() && config.telegram.updates == "webhook"
        && webhook_url(config).empty()) {
        throw Error(ErrorKind::config,
                    "no_public_url",
                    messages::phrase(messages::Id::serve_no_public_url),
                    messages::phrase(messages::Id::serve_no_public_url_hint));
    }
}

ServeTelegram::ServeTelegram(Services& services,
                             ServeLog& log,
                             telemetry::Metrics& metrics,
                             bot::Operations* operations,
                             Secret webhook_secret)
    : m_services(services),
      m_log(log),
      m_metrics(metrics),
      m_operations(operations),
      m_webhook_secret(std::move(webhook_secret)),
      m_owner(lease_owner()) {
    const config::Config& config = services.config();
    if (config.telegram.token.empty() || config.telegram.updates != "webhook") {
        return;
    }
    m_updates = std::make_unique<Updates>(services, log, metrics, operations);
    m_hook =
        std::make_unique<Hook>(telegram_options(config), webhook_url(config), m_webhook_secret);
}

ServeTelegram::~ServeTelegram() = default;

server::UpdateSink* ServeTelegram::updates() {
    return m_updates.get();
}

server::Webhook* ServeTelegram::webhook() {
    return m_hook.get();
}

std::vector<Worker> ServeTelegram::workers() {
    std::vector<Worker> workers;
    const config::Config& config = m_services.config();
    workers.push_back({"outbox", [this](const std::stop_token& stop) { send(stop); }});
    if (!config.telegram.token.empty() && config.telegram.updates == "polling") {
        workers.push_back({"updates", [this](const std::stop_token& stop) { poll(stop); }});
    }
    if (m_hook) {
        workers.push_back({"webhook", [this](const std::stop_token& stop) { keep_webhook(stop); }});
    }
    return workers;
}

void ServeTelegram::poll(const std::stop_token& stop) {
    const auto ledger = open_ledger(m_services);
    bot::Bot bot(parts_of(m_services, m_log, m_metrics, *ledger, m_operations));
    const auto told = [this](bot::Poller::State state) {
        switch (state) {
        case bot::Poller::State::polling:
            m_log.write(Level::info, "telegram_polling");
            break;
        case bot::Poller::State::waiting:
            m_log.write(Level::info, "telegram_polled_elsewhere");
            break;
        case bot::Poller::State::webhook_removed:
            m_log.write(Level::warning, "telegram_webhook_removed");
            break;
        }
    };
    bot::Poller poller(
        *ledger,
        bot,
        telegram_options(m_services.config()),
        m_owner,
        told,
        [this](const std::string& what, const std::string& why) {
            m_log.write(Level::warning, "telegram", {{"what", what}, {"reason", why}});
        });
    const auto stopped = [&stop] { return stop.stop_requested(); };
    while (rest(stop, poller.round(stopped))) {
    }
    poller.stop();
}

void ServeTelegram::send(const std::stop_token& stop) {
    const config::Config& config = m_services.config();
    const auto ledger = open_ledger(m_services);
    telegram::Api api(telegram_options(config));
    bot::Delivery delivery(*ledger, api, config, m_owner, bot::Delivery::Voice::server);
    loomrel::github::Client github(github_options(config));
    bot::Dispatcher dispatcher(*ledger, github, m_operations, config, m_owner);
    const auto stopped = [&stop] { return stop.stop_requested(); };
    Deadline next_sweep = std::chrono::steady_clock::now();
    std::string last_trouble;
    do {
        (void)dispatcher.run(stopped);
        if (!config.telegram.token.empty()) {
            const auto outcome = delivery.run(deadline_in(k_one_round), stopped);
            if (outcome.parked > 0 || outcome.trouble != last_trouble) {
                last_trouble = outcome.trouble;
                m_log.write(outcome.trouble.empty() ? Level::info : Level::warning,
                            "notices",
                            {{"sent", outcome.sent},
                             {"waiting", outcome.waiting},
                             {"parked", outcome.parked},
                             {"reason", outcome.trouble}});
            }
        }
        if (left_until(next_sweep).count() == 0) {
            dispatcher.expire();
            ledger->prune_updates();
            next_sweep = deadline_in(k_between_sweeps);
        }
    } while (rest(stop, k_between_looks));
}

// At the start, whoever set it before and with whatever secret; then again when somebody else has
// set another: Telegram is asked now and then.
void ServeTelegram::keep_webhook(const std::stop_token& stop) {
    bool anew = true;
    do {
        const server::WebhookState state = m_hook->set(std::exchange(anew, false));
        if (state.changed) {
            m_log.write(Level::info, "telegram_webhook_set", {{"url", state.url}});
        }
        if (!state.last_error.empty()) {
            m_log.write(Level::warning, "telegram_webhook", {{"reason", state.last_error}});
        }
    } while (rest(stop, Milliseconds{600000}));
}

} // namespace loomrel::cli
