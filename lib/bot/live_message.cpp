#include "lib/bot/live_message.hpp"

#include <utility>

namespace loomrel::bot {

namespace {

using telegram::Problem;

// Telegram allows about one message a second and chat.
constexpr Milliseconds k_between_edits{1100};
constexpr int k_last_tries = 5;
// The end is told in a notice too, which waits for as long as it has to.
constexpr Milliseconds k_longest_last_wait{60000};

} // namespace

LiveMessage::LiveMessage(telegram::Options options, std::int64_t chat_id, std::int64_t message_id)
    : m_api(std::move(options)),
      m_chat_id(chat_id),
      m_message_id(message_id),
      m_thread([this] { run(); }) {}

LiveMessage::~LiveMessage() {
    {
        const std::lock_guard guard(m_mutex);
        m_over = true;
    }
    m_news.notify_one();
    m_thread.join();
}

void LiveMessage::show(const telegram::Text& text) {
    {
        const std::lock_guard guard(m_mutex);
        m_latest = text;
    }
    m_news.notify_one();
}

void LiveMessage::run() {
    std::unique_lock guard(m_mutex);
    int tries = 0;
    while (true) {
        m_news.wait(guard, [this] { return m_latest || m_over; });
        (void)m_news.wait_until(guard, m_not_before, [this] { return m_over; });
        if (!m_latest || tries == k_last_tries
            || (m_over && left_until(m_not_before) > k_longest_last_wait)) {
            return;
        }
        (void)m_news.wait_until(guard, m_not_before, [] { return false; });
        const telegram::Text text = *std::exchange(m_latest, std::nullopt);
        const bool last = m_over;
        guard.unlock();
        const bool shown = send(text);
        guard.lock();
        if (!shown && !m_latest) {
            m_latest = text;
        }
        tries += last ? 1 : 0;
    }
}

bool LiveMessage::send(const telegram::Text& text) {
    m_not_before = deadline_in(k_between_edits);
    try {
        m_api.edit_message(m_chat_id, m_message_id, text);
    } catch (const Problem& problem) {
        if (problem.kind() == Problem::Kind::too_many) {
            m_not_before = deadline_in(problem.retry_after());
        }
        return problem.kind() != Problem::Kind::too_many && problem.kind() != Problem::Kind::away;
    } catch (const std::exception&) {
        return true; // only a picture of what goes on
    }
    return true;
}

} // namespace loomrel::bot
