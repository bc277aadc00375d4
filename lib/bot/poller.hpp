#pragma once

#include "lib/bot/bot.hpp"

#include <functional>
#include <string>

namespace loomrel::bot {

// Fetches updates by long polling, if no other server of this ledger does: Telegram gives them to
// one poller only. They are confirmed when they have been handled, never before.
class Poller {
public:
    enum class State { polling, waiting, webhook_removed };

    Poller(store::ServerLedger& ledger,
           Bot& bot,
           telegram::Options telegram,
           std::string owner,
           std::function<void(State)> told,
           std::function<void(const std::string& what, const std::string& why)> trouble);

    // One round: at most as long as a poll. Gives how long to rest before the next, also where the
    // ledger was away.
    Milliseconds round(const std::function<bool()>& stopped);
    // Lets another server have them at once.
    void stop();

private:
    [[nodiscard]] Milliseconds attempt(const std::function<bool()>& stopped);
    [[nodiscard]] Milliseconds poll(const std::function<bool()>& stopped);
    void remove_webhook();
    void tell(State state);

    store::ServerLedger& m_ledger;
    Bot& m_bot;
    telegram::Api m_api;
    std::string m_owner;
    std::function<void(State)> m_told;
    std::function<void(const std::string&, const std::string&)> m_trouble;
    std::optional<State> m_state;
    std::int64_t m_offset = 0;
    int m_failures = 0;
};

// Sets the webhook if Telegram has another; never drops what waits. True = it was set. Telegram
// does not say which secret it shows there: `anew` sets it whatever is there, and so does a last
// attempt that we refused.
bool ensure_webhook(telegram::Api& api,
                    const std::string& url,
                    const std::string& secret_token,
                    bool anew = false);

} // namespace loomrel::bot
