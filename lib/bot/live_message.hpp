#pragma once

#include "lib/base/clock.hpp"
#include "lib/telegram/telegram.hpp"

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>

namespace loomrel::bot {

// Shows how a long work goes on in the message it was started from, from a thread of its own: what
// came while Telegram could not be told is told as soon as it can.
class LiveMessage {
public:
    LiveMessage(telegram::Options options, std::int64_t chat_id, std::int64_t message_id);
    // The last state must get there.
    ~LiveMessage();
    LiveMessage(const LiveMessage&) = delete;
    LiveMessage& operator=(const LiveMessage&) = delete;

    void show(const telegram::Text& text);

private:
    void run();
    // False = to be tried again.
    bool send(const telegram::Text& text);

    telegram::Api m_api;
    std::int64_t m_chat_id;
    std::int64_t m_message_id;
    std::mutex m_mutex;
    std::condition_variable m_news;
    std::optional<telegram::Text> m_latest; // not shown yet
    bool m_over = false;
    Deadline m_not_before{};
    std::thread m_thread;
};

} // namespace loomrel::bot
