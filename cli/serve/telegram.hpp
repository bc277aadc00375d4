#pragma once

#include "cli/serve/log.hpp"
#include "cli/serve/worker.hpp"
#include "lib/bot/operations.hpp"
#include "lib/server/api.hpp"
#include "lib/telemetry/metrics.hpp"

#include <memory>
#include <vector>

namespace loomrel::cli {

// Throws Error(config) where Telegram is to bring updates and nobody has said where to.
void check_webhook_url(const config::Config& config);

// Telegram and GitHub in serve: the outbox, the bot, and the webhook where that is how updates
// come. Lives as long as the server and its workers do.
class ServeTelegram {
public:
    // `operations` null: nothing that needs hosts is offered. `webhook_secret`: what Telegram has
    // to show at /update.
    ServeTelegram(Services& services,
                  ServeLog& log,
                  telemetry::Metrics& metrics,
                  bot::Operations* operations,
                  Secret webhook_secret);
    ~ServeTelegram();

    // Empty where there is neither a bot token nor a GitHub token.
    [[nodiscard]] std::vector<Worker> workers();
    // For the server's routes; null where updates do not come by webhook.
    [[nodiscard]] server::UpdateSink* updates();
    [[nodiscard]] server::Webhook* webhook();

private:
    class Updates;
    class Hook;

    void poll(const std::stop_token& stop);
    void send(const std::stop_token& stop);
    void keep_webhook(const std::stop_token& stop);

    Services& m_services;
    ServeLog& m_log;
    telemetry::Metrics& m_metrics;
    bot::Operations* m_operations;
    Secret m_webhook_secret;
    std::string m_owner; // stays the same when a worker begins again: its lease is its own then
    std::unique_ptr<Updates> m_updates;
    std::unique_ptr<Hook> m_hook;
};

} // namespace loomrel::cli
