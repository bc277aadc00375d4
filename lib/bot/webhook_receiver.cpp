#include "lib/bot/webhook_receiver.hpp"

#include <algorithm>
#include <utility>

namespace loomrel::bot {

namespace {

constexpr std::size_t k_most_untold = 1000;
// Later than this an answer is refused, and an edit may hide what was shown since.
constexpr Milliseconds k_worth_saying{20000};
constexpr Milliseconds k_last_words{3000};

} // namespace

WebhookReceiver::WebhookReceiver(BotParts parts)
    : m_trouble(parts.trouble),
      m_bot(std::move(parts)),
      m_thread([this] { run(); }) {}

WebhookReceiver::~WebhookReceiver() {
    {
        const std::lock_guard lock(m_mutex);
        m_over = true;
        for (Untold& one : m_untold) {
            one.until = std::min(one.until, deadline_in(k_last_words));
        }
    }
    m_news.notify_one();
    m_thread.join();
}

bool WebhookReceiver::take(const std::string& json) {
    const auto update = telegram::read_update(json);
    if (!update) {
        return true; // it would come again for ever
    }
    const std::lock_guard deciding(m_deciding);
    {
        const std::lock_guard lock(m_mutex);
        if (m_untold.size() >= k_most_untold) {
            return false;
        }
    }
    Untold untold{{}, {}};
    m_bot.decide(*update, untold.outgoing);
    untold.until = deadline_in(k_worth_saying);
    {
        const std::lock_guard lock(m_mutex);
        m_untold.push_back(std::move(untold));
    }
    m_news.notify_one();
    return true;
}

// Telegram counts edits, and shows only the last.
void WebhookReceiver::drop_overtaken(Outgoing& outgoing) const {
    std::erase_if(outgoing.edits, [&](const auto& edit) {
        return std::any_of(m_untold.begin(), m_untold.end(), [&](const Untold& later) {
            return later.outgoing.edits.count(edit.first) != 0;
        });
    });
}

void WebhookReceiver::run() {
    for (;;) {
        Untold next;
        {
            std::unique_lock lock(m_mutex);
            m_news.wait(lock, [this] { return m_over || !m_untold.empty(); });
            if (m_untold.empty()) {
                return;
            }
            next = std::move(m_untold.front());
            m_untold.pop_front();
            drop_overtaken(next.outgoing);
        }
        if (left_until(next.until).count() > 0) {
            try {
                m_bot.tell(next.outgoing);
            } catch (const std::exception& error) {
                m_trouble("updates", error.what()); // what was decided stands
            }
        } else {
            m_trouble("updates", "Telegram was too slow: an answer is left out");
        }
    }
}

} // namespace loomrel::bot
