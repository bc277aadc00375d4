#pragma once

#include "lib/bot/dialog.hpp"

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace loomrel::bot {

// What a bot is made with. Everything outlives it.
struct BotParts {
    store::ServerLedger& ledger; // this bot's own
    const config::Config& config;
    telegram::Options telegram;
    Operations* operations = nullptr;
    WallClock clock = now;
    // What went wrong and was lived with, for the log; called from several threads.
    std::function<void(const std::string& what, const std::string& why)> trouble;
    // An update was handled: how it went and how long it took, for the metrics.
    std::function<void(bool ok, Milliseconds took)> handled;
    // Somebody was told no, and no release's history says so: why, and his Telegram id.
    std::function<void(const std::string& why, std::int64_t who)> refused{};
    // Another connection, for what has to wait for hosts before it is decided: needed where the
    // operations can look at stage.
    std::function<std::unique_ptr<store::ServerLedger>()> open_ledger{};
};

// What Telegram is to be told of updates that were decided on. Lost, it does no harm: the decisions
// are in the ledger, and whoever presses again is shown them.
struct Outgoing {
    struct Answer {
        std::string press_id;
        std::string toast;
        bool alert = false;
    };

    struct Message {
        telegram::ChatTarget place;
        telegram::Text text;
    };

    std::vector<Answer> answers;
    std::vector<Message> messages;
    // Chat and message; of several edits of one only the last is to be seen.
    std::map<std::pair<std::int64_t, std::int64_t>, telegram::Text> edits;
};

// The ledger could not do what an update asks, and may be able to soon: the update has to come
// again.
[[nodiscard]] bool is_for_later(const Error& error);

// Takes updates, however they came: decides, answers, shows. Long work goes on in threads of its
// own, which the destructor waits for.
class Bot {
public:
    explicit Bot(BotParts parts);
    ~Bot();
    Bot(const Bot&) = delete;
    Bot& operator=(const Bot&) = delete;

    // When it returns, every decision among them is in the ledger and may be confirmed, but for
    // approvals that stage is looked at for: lost with this process, such a press has changed
    // nothing, and its button is still there. Throws Error if the ledger is away: they have to come
    // again.
    void handle(const std::vector<telegram::Update>& updates);

    // The two halves of the above. The first asks nobody but the ledger, and once Telegram for
    // the bot's own name; the second nobody but Telegram. Each by one thread at a time, which may
    // be two.
    void decide(const telegram::Update& update, Outgoing& outgoing);
    void tell(const Outgoing& outgoing);

private:
    void decide_one(const telegram::Update& update, Outgoing& outgoing);
    void on_press(const telegram::Press& press, std::int64_t update_id, Outgoing& outgoing);
    void on_said(const telegram::Said& said, std::int64_t update_id, Outgoing& outgoing);
    void note_unheard(const Reply& reply, std::int64_t who);
    void start_work(const telegram::Press& press, const Reply& reply);
    void start_later(const telegram::Press& press, const Reply& reply);
    void start(std::function<void()> work);
    [[nodiscard]] bool is_busy() const;
    void tell(telegram::Api& api, const Outgoing& outgoing);
    [[nodiscard]] telegram::Text could_not(const Error& error, const telegram::Press& press) const;
    bool call(telegram::Api& api, const std::string& what, const std::function<void()>& action);
    [[nodiscard]] bool seen(std::int64_t update_id) const;
    [[nodiscard]] std::string own_name();

    struct Work {
        std::thread thread;
        std::shared_ptr<std::atomic<bool>> ended;
    };

    BotParts m_parts;
    telegram::Api m_api;
    Dialog m_dialog;
    std::string m_own_name;          // "" = not known yet
    Deadline m_name_again{};         // it could not be asked for: not before then
    std::deque<std::int64_t> m_seen; // the last ones, those of other servers are in the ledger
    std::vector<Work> m_works;
};

} // namespace loomrel::bot
