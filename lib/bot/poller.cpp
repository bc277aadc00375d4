#include "lib/bot/poller.hpp"

#include "lib/bot/delivery.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace loomrel::bot {

namespace {

using telegram::Problem;

constexpr const char* k_updates_lease = "telegram-updates";
constexpr Milliseconds k_poll{20000};
// A poll, what it may take longer, and the handling of what it brings.
constexpr Milliseconds k_updates_lease_time{45000};
constexpr Milliseconds k_ask_for_lease{1000};
// Less than this and Telegram holds the answer back by itself.
constexpr Milliseconds k_after_conflict{3500};
constexpr Milliseconds k_after_ledger{1000};

} // namespace

Poller::Poller(store::ServerLedger& ledger,
               Bot& bot,
               telegram::Options telegram,
               std::string owner,
               std::function<void(State)> told,
               std::function<void(const std::string&, const std::string&)> trouble)
    : m_ledger(ledger),
      m_bot(bot),
      m_api(std::move(telegram)),
      m_owner(std::move(owner)),
      m_told(std::move(told)),
      m_trouble(std::move(trouble)) {}

void Poller::tell(State state) {
    if (m_state != state) {
        m_state = state;
        m_told(state);
    }
}

// A ledger that is away for a moment makes nobody deaf: bot, offset and lease stay what they are.
Milliseconds Poller::round(const std::function<bool()>& stopped) {
    try {
        return attempt(stopped);
    } catch (const Error& error) {
        if (!is_for_later(error)) {
            throw;
        }
        m_trouble("ledger", error.message().en);
        return k_after_ledger;
    }
}

Milliseconds Poller::attempt(const std::function<bool()>& stopped) {
    if (!m_ledger.take_lease(k_updates_lease, m_owner, k_updates_lease_time)) {
        tell(State::waiting);
        m_offset = 0; // what the other confirms is not asked for again
        return k_ask_for_lease;
    }
    try {
        if (m_state != State::polling) {
            remove_webhook();
            tell(State::polling);
        }
        const Milliseconds rest = poll(stopped);
        m_failures = 0;
        return rest;
    } catch (const Problem& problem) {
        switch (problem.kind()) {
        case Problem::Kind::cancelled:
            return Milliseconds{0};
        case Problem::Kind::conflict:
            m_trouble("getUpdates", problem.what());
            m_state.reset(); // a webhook may have been set: look again
            return k_after_conflict;
        case Problem::Kind::too_many:
            return problem.retry_after();
        case Problem::Kind::unauthorised:
            m_trouble("getUpdates", problem.what());
            return Milliseconds{30000};
        case Problem::Kind::away:
        case Problem::Kind::message_gone:
        case Problem::Kind::refused:
            break;
        }
        if (m_failures == 0) {
            m_trouble("getUpdates", problem.what());
        }
        return std::min(wait_after(m_failures++), Milliseconds{30000});
    }
}

Milliseconds Poller::poll(const std::function<bool()>& stopped) {
    std::vector<telegram::Update> updates;
    std::int64_t next = m_offset;
    for (const nlohmann::json& one : m_api.get_updates(m_offset, k_poll, stopped)) {
        const auto id = one.is_object() ? one.find("update_id") : one.end();
        if (one.is_object() && id != one.end() && id->is_number_integer()) {
            // Not the greatest ever seen: after a week without updates Telegram begins anywhere.
            next = id->get<std::int64_t>() + 1;
        }
        if (auto update = telegram::read_update(one)) {
            updates.push_back(std::move(*update));
        }
    }
    m_bot.handle(updates);
    m_offset = next;
    return Milliseconds{0};
}

void Poller::remove_webhook() {
    if (!m_api.webhook_info().url.empty()) {
        m_api.delete_webhook();
        m_told(State::webhook_removed);
    }
}

void Poller::stop() {
    try {
        // Confirms what was handled, so that the next poller does not see it again.
        if (m_offset != 0) {
            m_api.set_deadline(deadline_in(Milliseconds{1000}));
            (void)m_api.get_updates(m_offset, Milliseconds{0}, {});
        }
    } catch (const Problem&) {
    }
    m_ledger.drop_lease(k_updates_lease, m_owner);
}

bool ensure_webhook(telegram::Api& api,
                    const std::string& url,
                    const std::string& secret_token,
                    bool anew) {
    const telegram::WebhookInfo there = api.webhook_info();
    const bool refused = there.last_error.find("401") != std::string::npos;
    const bool wanted = anew || refused || there.url != url;
    if (wanted) {
        api.set_webhook(url, secret_token);
    }
    return wanted;
}

} // namespace loomrel::bot
