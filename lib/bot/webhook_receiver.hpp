#pragma once

#include "lib/bot/bot.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

namespace loomrel::bot {

// The bot where many threads bring updates, each as the webhook has it. They wait for the ledger
// and for nothing else: what is to be said is said by a thread of the receiver's own, so that
// Telegram, slow or away, keeps none of them.
class WebhookReceiver {
public:
    explicit WebhookReceiver(BotParts parts);
    ~WebhookReceiver();
    WebhookReceiver(const WebhookReceiver&) = delete;
    WebhookReceiver& operator=(const WebhookReceiver&) = delete;

    // When it returns true, what was decided is in the ledger. False, and nothing done: too much is
    // still to be said, the update has to come again. So it has when this throws Error.
    [[nodiscard]] bool take(const std::string& json);

private:
    struct Untold {
        Outgoing outgoing;
        Deadline until;
    };

    void run();
    void drop_overtaken(Outgoing& outgoing) const;

    std::function<void(const std::string&, const std::string&)> m_trouble;
    Bot m_bot;
    std::mutex m_deciding;
    std::mutex m_mutex; // of what follows
    std::condition_variable m_news;
    std::deque<Untold> m_untold;
    bool m_over = false;
    std::thread m_thread;
};

} // namespace loomrel::bot
