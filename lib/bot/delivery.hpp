#pragma once

#include "lib/bot/notice_text.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace loomrel::bot {

// Takes notices from the outbox to Telegram: in order within a chat, whatever happens in others; at
// least once each, repeats with the same number in their text. One at a time delivers, by a lease.
class Delivery {
public:
    // Whose word a notice is: a server answers for what it says of stage, a job tells what it did.
    enum class Voice { job, server };

    // `owner` names this process among those that share the ledger.
    Delivery(store::ServerLedger& ledger,
             telegram::Api& api,
             const config::Config& config,
             std::string owner,
             Voice voice = Voice::job);

    struct Outcome {
        int sent = 0;
        int parked = 0;
        int waiting = 0;
        bool elsewhere = false; // somebody else delivers
        std::string trouble;    // the last one
        // When the next one that waits is due; nullopt = nothing waits.
        std::optional<Milliseconds> next_in;
    };

    // Sends what is due, then returns. Throws Error if the ledger is away.
    Outcome run(Deadline until, const std::function<bool()>& stopped = {});

    // The same, waiting for whoever delivers now: where there is no serve, nobody comes after us.
    Outcome run_in_turn(Deadline until);

private:
    [[nodiscard]] std::optional<NoticeText> text_of(const store::Notice& notice);
    [[nodiscard]] Known known(const release::Release& release);
    void deliver(store::Notice notice, Outcome& outcome);
    // Gives the new message's number; 0 = the release's message was edited.
    std::int64_t
    send(const store::Notice& notice, const NoticeText& text, const telegram::ChatTarget& place);
    [[nodiscard]] std::optional<telegram::Text> present_if_late(const store::Notice& notice);
    void show_elsewhere(const store::Notice& notice,
                        const NoticeText& text,
                        const telegram::ChatTarget& place);
    void learn_moves();
    void settle(const store::Notice& notice,
                store::Settlement::What what,
                const std::string& error,
                Milliseconds due_again = Milliseconds{0});
    void later(const store::Notice& notice,
               std::int64_t chat,
               const std::string& why,
               Milliseconds wait,
               Outcome& outcome);

    store::ServerLedger& m_ledger;
    telegram::Api& m_api;
    const config::Config& m_config;
    std::string m_owner;
    Voice m_voice;
    std::set<std::int64_t> m_held;                // chats whose next message has to wait
    std::map<std::int64_t, std::int64_t> m_moved; // as the ledger has them
    bool m_away = false;                          // nothing gets through at all
};

// How long to wait after so many failed attempts: 2 s, 4 s … 5 min.
[[nodiscard]] Milliseconds wait_after(int attempts);

} // namespace loomrel::bot
