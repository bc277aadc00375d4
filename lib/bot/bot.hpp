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
};

// Takes updates, however they came: decides, answers, shows. One thread at a time; long work goes
// on in threads of its own, which the destructor waits for.
class Bot {
public:
    explicit Bot(BotParts parts);
    ~Bot();
    Bot(const Bot&) = delete;
    Bot& operator=(const Bot&) = delete;

    // When it returns, every decision among them is in the ledger and may be confirmed. Throws
    // Error if the ledger is away: they have to come again.
    void handle(const std::vector<telegram::Update>& updates);
    // One as the webhook brings it. What is no update is ignored: it would come again for ever.
    void handle_update(const std::string& json);

private:
    // Edits of one batch: of several of the same message only the last is to be seen.
    using Edits = std::map<std::pair<std::int64_t, std::int64_t>, telegram::Text>;

    void handle_one(const telegram::Update& update, Edits& edits);
    void on_press(const telegram::Press& press, Edits& edits);
    void on_said(const telegram::Said& said, Edits& edits);
    void show(Edits& edits);
    void start_work(const telegram::Press& press, const Reply& reply);
    [[nodiscard]] telegram::Text could_not(const Error& error, const telegram::Press& press) const;
    void call(const std::string& what, const std::function<void()>& action);
    [[nodiscard]] bool seen(std::int64_t update_id) const;

    struct Work {
        std::thread thread;
        std::shared_ptr<std::atomic<bool>> ended;
    };

    BotParts m_parts;
    telegram::Api m_api;
    Dialog m_dialog;
    std::deque<std::int64_t> m_seen; // the last ones, those of other servers are in the ledger
    std::vector<Work> m_works;
};

} // namespace loomrel::bot
