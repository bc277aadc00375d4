#include "lib/bot/notice_text.hpp"
#include "lib/bot/poller.hpp"
#include "lib/bot/webhook_receiver.hpp"
#include "tests/lib/bot/bot_world.hpp"
#include "tests/support/fake_control.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <random>
#include <thread>

using namespace loomrel;
using namespace loomrel::test;
using nlohmann::json;
using release::Status;

namespace {

struct PollingWorld : LedgerWorld {
    Fake& fake = Fake::shared("fake_telegram.py");

    [[nodiscard]] telegram::Options telegram() const {
        return {fake.url(), Secret("123456:test-token"), Milliseconds{5000}};
    }

    std::int64_t show_notice(std::int64_t id) {
        telegram::Api api(telegram());
        const auto release = ledger->find_release(id);
        const auto text =
            bot::render_present({config, &*release, bot::known_of(*ledger, *release)});
        return api.send_message({k_chat}, text);
    }

    [[nodiscard]] std::string ledger_file() const {
        return (folder.path() / "releases.db").string();
    }

    [[nodiscard]] std::unique_ptr<store::ServerLedger> open_impatient() const {
        return store::open_server_ledger(
            {"sqlite://" + ledger_file(), Secret(), Milliseconds{300}});
    }

    // By another program, for 3 s: who is to be waited for. Also called from threads in which
    // nothing may be required.
    [[nodiscard]] pid_t lock_ledger() const {
        const auto ready = folder.path() / "locked";
        const pid_t other =
            start_program({"python3",
                           "-c",
                           "import sqlite3, sys, time\n"
                           "held = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
                           "held.execute('BEGIN EXCLUSIVE')\n"
                           "print('locked', flush=True)\n"
                           "time.sleep(3)\n",
                           ledger_file()},
                          ready);
        const auto is_locked = [&] {
            return std::filesystem::exists(ready) && !read_whole(ready).empty();
        };
        if (!wait_until(is_locked, std::chrono::seconds(10))) {
            throw std::runtime_error("the ledger is not locked");
        }
        return other;
    }

    // What a press on the button "Yes, approve" says.
    static std::string approval_of(std::int64_t id) {
        return "data:An:" + std::to_string(id) + ":" + bot::short_commit(k_commit) + "+1";
    }

    json press(std::int64_t who, std::int64_t message, const std::string& button) {
        return fake.tell(
            "press", {{"chat", k_chat}, {"message", message}, {"button", button}, {"user", who}});
    }
};

// A look at stage that a test takes part in.
class Looking : public FakeOperations {
public:
    explicit Looking(std::function<void()> look)
        : m_look(std::move(look)) {
        sees_stage = true;
    }

    bot::StageSight look_at_stage(const release::Release&) override {
        m_look();
        return sight; // nobody changes it
    }

private:
    std::function<void()> m_look;
};

// A server's bot in a thread of its own, until it is stopped or "killed".
class Server {
public:
    explicit Server(PollingWorld& world, std::string name)
        : m_ledger(world.open()),
          m_bot({*m_ledger,
                 world.config,
                 world.telegram(),
                 nullptr,
                 now,
                 [](const std::string&, const std::string&) {},
                 {}}),
          m_poller(
              *m_ledger,
              m_bot,
              world.telegram(),
              std::move(name),
              [this](bot::Poller::State state) { m_state = state; },
              [](const std::string&, const std::string&) {}),
          m_thread([this] { run(); }) {}

    ~Server() {
        m_stop = true;
        m_thread.join();
        if (!m_killed) {
            m_poller.stop();
        }
    }

    // Confirms nothing, frees nothing.
    void kill() { m_killed = true; }

    [[nodiscard]] bot::Poller::State state() const { return m_state; }

private:
    void run() {
        while (!m_stop) {
            const Deadline next = deadline_in(m_poller.round([this] { return m_stop.load(); }));
            while (!m_stop && left_until(next).count() > 0) {
                std::this_thread::sleep_for(Milliseconds(10));
            }
        }
    }

    std::unique_ptr<store::ServerLedger> m_ledger;
    bot::Bot m_bot;
    bot::Poller m_poller;
    std::atomic<bot::Poller::State> m_state{bot::Poller::State::waiting};
    std::atomic<bool> m_stop{false};
    std::atomic<bool> m_killed{false};
    std::thread m_thread;
};

} // namespace

TEST_CASE("a press is stored, answered and shown; the same update again changes nothing") {
    PollingWorld world;
    const auto id = world.release_to_test();
    const auto message = world.show_notice(id);
    Server server(world, "one");
    (void)world.press(k_qa, message, "✅ Подтвердить");
    REQUIRE(wait_until([&] { return world.fake.tell("answers").size() == 1; },
                       std::chrono::seconds(10)));
    REQUIRE(wait_until([&] { return world.fake.messages(k_chat)[0].value("edits", 0) == 1; },
                       std::chrono::seconds(10)));
    const json update = world.press(k_qa, message, "✅ Да, подтвердить");
    REQUIRE(wait_until([&] { return world.status(id) == "manual_test_passed"; },
                       std::chrono::seconds(10)));
    REQUIRE(wait_until([&] { return world.fake.tell("answers").size() == 2; },
                       std::chrono::seconds(10)));
    CHECK(world.fake.tell("answers")[1]["text"] == "✅ Одобрено: v1.2.3 идёт на production");
    const auto events = world.ledger->events(id).size();
    world.fake.tell("repeat", {{"update", update["update"]}});
    REQUIRE(wait_until([&] { return world.fake.tell("state")["pending"] == 0; },
                       std::chrono::seconds(10)));
    CHECK(world.ledger->events(id).size() == events);
    CHECK(world.fake.messages(k_chat)[0]["text"].get<std::string>().starts_with("✅ Релиз одобрен"));
}

TEST_CASE("a reason given by reply is answered where it was given, in a group without topics") {
    PollingWorld world;
    const auto id = world.release_to_test();
    const auto message = world.show_notice(id);
    Server server(world, "one");
    (void)world.press(k_qa, message, "❌ Отклонить");
    REQUIRE(wait_until([&] { return world.fake.messages(k_chat)[0].value("edits", 0) == 1; },
                       std::chrono::seconds(10)));
    world.fake.tell("text",
                    {{"chat", k_chat}, {"text", "плохо"}, {"user", k_qa}, {"reply_to", message}});
    CHECK(wait_until(
        [&] { return world.fake.messages(k_chat).back()["text"] == "❌ v1.2.3 отклонён"; },
        std::chrono::seconds(10)));
}

TEST_CASE("of two servers one polls and the other waits, and takes over") {
    PollingWorld world;
    auto first = std::make_unique<Server>(world, "first");
    REQUIRE(wait_until([&] { return first->state() == bot::Poller::State::polling; },
                       std::chrono::seconds(10)));
    Server second(world, "second");
    std::this_thread::sleep_for(Milliseconds(500));
    CHECK(second.state() == bot::Poller::State::waiting);
    for (const auto& call : world.fake.calls("getUpdates")) {
        CHECK(call.value("status", 200) == 200); // no 409
    }
    first.reset();
    CHECK(wait_until([&] { return second.state() == bot::Poller::State::polling; },
                     std::chrono::seconds(10)));
}

TEST_CASE("from webhook to polling no update is dropped") {
    PollingWorld world;
    telegram::Api api(world.telegram());
    api.set_webhook("https://127.0.0.1:1/update", "abc");
    const auto id = world.release_to_test();
    const auto message = world.show_notice(id);
    const std::string data =
        "data:An:" + std::to_string(id) + ":" + bot::short_commit(k_commit) + "+1";
    (void)world.press(k_qa, message, data);
    Server server(world, "one");
    CHECK(wait_until([&] { return world.status(id) == "manual_test_passed"; },
                     std::chrono::seconds(10)));
    CHECK(world.fake.calls("deleteWebhook").size() == 1);
    CHECK_FALSE(world.fake.calls("deleteWebhook")[0]["fields"].contains("drop_pending_updates"));
}

TEST_CASE("a press is decided on and answered, one that nobody can read is refused") {
    PollingWorld world;
    const auto id = world.release_to_test();
    const auto message = world.show_notice(id);
    const auto ledger = world.open();
    std::vector<std::string> refused;
    bot::Bot bot({*ledger,
                  world.config,
                  world.telegram(),
                  nullptr,
                  now,
                  [](const std::string&, const std::string&) {},
                  {},
                  [&](const std::string& why, std::int64_t who) {
                      refused.push_back(why + " " + std::to_string(who));
                  }});
    const std::string data = "An:" + std::to_string(id) + ":" + bot::short_commit(k_commit) + "+1";
    const auto press = [&](int number, const std::string& button) {
        bot.handle({*telegram::read_update(
            json{{"update_id", number},
                 {"callback_query",
                  {{"id", std::to_string(number)},
                   {"from", {{"id", k_qa}, {"first_name", "A"}}},
                   {"message", {{"message_id", message}, {"chat", {{"id", k_chat}}}}},
                   {"data", button}}}})});
    };
    press(5, data);
    CHECK(world.status(id) == "manual_test_passed");
    CHECK(world.fake.calls("answerCallbackQuery").size() == 1);
    press(6, "?");
    CHECK(refused == std::vector<std::string>{"unreadable 11111"});
}

TEST_CASE(
    "a rollback that is pressed for begins once, and each time the press comes it is answered") {
    PollingWorld world;
    const auto id = world.release_to_test();
    world.move(id, {Status::manual_test_passed, Status::deploying, Status::deployed});
    const json update{{"update_id", 5},
                      {"callback_query",
                       {{"id", "77"},
                        {"from", {{"id", k_ops}, {"first_name", "O"}}},
                        {"message", {{"message_id", 1}, {"chat", {{"id", k_chat}}}}},
                        {"data",
                         "Yn:" + std::to_string(id) + ":" + bot::digest_of("v1.2.3") + "."
                             + bot::digest_of("v1.2.2")}}}};
    FakeOperations operations;
    for (int server = 0; server < 2; ++server) {
        const auto ledger = world.open();
        bot::Bot bot({*ledger,
                      world.config,
                      world.telegram(),
                      &operations,
                      now,
                      [](const std::string&, const std::string&) {},
                      {}});
        bot.handle({*telegram::read_update(update)});
    }
    CHECK(operations.done.size() == 1);
    const json answers = world.fake.calls("answerCallbackQuery");
    REQUIRE(answers.size() == 2);
    CHECK(answers[0]["fields"]["text"] == "⏪ Откат начат");
    CHECK(answers[1]["fields"]["text"]
          == "Это нажатие уже принято. Если ничего не происходит, нажмите ещё раз");
}

TEST_CASE("a Telegram that never answers keeps nobody who brings an update") {
    PollingWorld world;
    const auto ledger = world.open();
    world.fake.tell("fail", {{"how", "slow"}, {"seconds", 30}});
    const auto began = std::chrono::steady_clock::now();
    std::vector<std::int64_t> ids;
    {
        bot::WebhookReceiver receiver({*ledger,
                                       world.config,
                                       world.telegram(),
                                       nullptr,
                                       now,
                                       [](const std::string&, const std::string&) {},
                                       {}});
        for (int i = 0; i < 5; ++i) {
            ids.push_back(world.release_to_test("v1.0." + std::to_string(i)));
            CHECK(receiver.take(json{
                {"update_id", 5 + i},
                {"callback_query",
                 {{"id", std::to_string(77 + i)},
                  {"from", {{"id", k_qa}, {"first_name", "A"}}},
                  {"message", {{"message_id", 1}, {"chat", {{"id", k_chat}}}}},
                  {"data",
                   "An:" + std::to_string(ids[i]) + ":"
                       + bot::short_commit(world.commit_of("v1.0." + std::to_string(i)))
                       + "+1"}}}}.dump()));
        }
        CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(3));
        CHECK(receiver.take("not an update"));
    }
    for (const auto id : ids) {
        CHECK(world.status(id) == "manual_test_passed");
    }
    // It goes without having said everything.
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(20));
    world.fake.tell("fail");
}

TEST_CASE("what the ledger may be able to do soon has to come again, what it never will has not") {
    const auto comes_again = [](ErrorKind kind, const char* code) {
        return bot::is_for_later(Error(kind, code, {"нет", "no"}));
    };
    CHECK(comes_again(ErrorKind::ledger, "ledger_unreachable"));
    CHECK(comes_again(ErrorKind::config, "schema_older"));
    CHECK(comes_again(ErrorKind::config, "ledger_no_rights"));
    CHECK_FALSE(comes_again(ErrorKind::ledger, store::k_rejected));
    CHECK_FALSE(comes_again(ErrorKind::refused, store::k_no_release));
}

TEST_CASE("what the receiver decides is said, of several edits of one message the last") {
    PollingWorld world;
    const auto id = world.release_to_test();
    const auto message = world.show_notice(id);
    const auto ledger = world.open();
    bot::WebhookReceiver receiver({*ledger,
                                   world.config,
                                   world.telegram(),
                                   nullptr,
                                   now,
                                   [](const std::string&, const std::string&) {},
                                   {}});
    telegram::Api(world.telegram()).set_webhook("http://127.0.0.1:1/nowhere", "abc");
    const std::string number = std::to_string(id) + ":" + bot::short_commit(k_commit);
    for (int i = 0; i < 3; ++i) {
        const json pressed = world.press(k_qa, message, "data:An:" + number + "+1");
        CHECK(
            receiver.take(json{{"update_id", pressed["update"]},
                               {"callback_query",
                                {{"id", pressed["query"]},
                                 {"from", {{"id", k_qa}, {"first_name", "A"}}},
                                 {"message", {{"message_id", message}, {"chat", {{"id", k_chat}}}}},
                                 {"data", pressed["data"]}}}}
                              .dump()));
    }
    CHECK(wait_until([&] { return world.fake.tell("answers").size() == 3; },
                     std::chrono::seconds(10)));
    CHECK(wait_until(
        [&] {
            return world.fake.messages(k_chat)[0]["text"].get<std::string>().starts_with(
                "✅ Релиз одобрен");
        },
        std::chrono::seconds(10)));
}

TEST_CASE("that a chat of ours has moved is kept, of others it is not") {
    PollingWorld world;
    const auto ledger = world.open();
    bot::Bot bot({*ledger,
                  world.config,
                  world.telegram(),
                  nullptr,
                  now,
                  [](const std::string&, const std::string&) {},
                  {}});
    const auto tell = [&](int update, std::int64_t from, std::int64_t to) {
        bot.handle({*telegram::read_update(
            json{{"update_id", update},
                 {"message", {{"chat", {{"id", from}}}, {"migrate_to_chat_id", to}}}})});
    };
    tell(1, -666, -1666);
    tell(2, k_chat, -1009);
    CHECK(ledger->moved_chats() == std::map<std::int64_t, std::int64_t>{{k_chat, -1009}});
}

TEST_CASE("presses at once of several approvers, servers killed, updates repeated: one decision") {
    const char* given = std::getenv("LOOMREL_SEED");
    const unsigned seed =
        given != nullptr ? static_cast<unsigned>(std::atoi(given)) : std::random_device{}();
    INFO("LOOMREL_SEED=" << seed);
    std::mt19937 random(seed);
    PollingWorld world;
    world.config.telegram.approvers = {k_qa, k_qa_two, 44444};
    world.config.telegram.quorum = 2;
    for (int round = 0; round < 3; ++round) {
        const auto id = world.release_to_test("v1.0." + std::to_string(round));
        const auto message = world.show_notice(id);
        auto first = std::make_unique<Server>(world, "first" + std::to_string(round));
        Server second(world, "second" + std::to_string(round));
        const std::string number =
            std::to_string(id) + ":"
            + bot::short_commit(world.commit_of("v1.0." + std::to_string(round))) + "+1";
        std::vector<std::int64_t> people{k_qa, k_qa_two, 44444, 999};
        std::vector<json> updates;
        for (int i = 0; i < 100; ++i) {
            const std::string verdict = random() % 8 == 0 ? "R" : "A";
            updates.push_back(world.press(
                people[random() % people.size()], message, "data:" + verdict + "n:" + number));
            if (random() % 4 == 0) {
                world.fake.tell("repeat",
                                {{"update", updates[random() % updates.size()]["update"]}});
            }
            if (i == 50) {
                first.reset();
                first = std::make_unique<Server>(world, "again" + std::to_string(round));
            }
        }
        REQUIRE(wait_until([&] { return world.fake.tell("state")["pending"] == 0; },
                           std::chrono::seconds(60)));
        const auto events = world.ledger->events(id);
        int decided = 0;
        for (const auto& event : events) {
            const bool moved = event.from != event.to;
            decided += moved && event.from == "manual_testing" ? 1 : 0;
        }
        CHECK(decided == 1);
        const auto waiting = world.ledger->waiting_notices(1000);
        const auto dispatches = std::count_if(waiting.begin(), waiting.end(), [&](const auto& one) {
            return one.kind == "dispatch" && one.release_id == id;
        });
        CHECK(dispatches <= 1);
        // Everybody is shown the present state.
        const std::string label =
            bot::status_label(Language::ru, world.ledger->find_release(id)->status);
        const auto told = world.fake.messages(k_chat).back()["text"].get<std::string>();
        const bool rejected = world.status(id) == "manual_test_failed";
        CHECK(told.starts_with(rejected ? "❌ Релиз отклонён" : "✅ Релиз одобрен"));
    }
}

TEST_CASE("updates that are numbered from anywhere after a quiet week are confirmed too") {
    PollingWorld world;
    const auto ledger = world.open();
    const auto ignore = [](const std::string&, const std::string&) {};
    bot::Bot bot({*ledger, world.config, world.telegram(), nullptr, now, ignore, {}});
    bot::Poller poller(
        *ledger, bot, world.telegram(), "me", [](bot::Poller::State) {}, ignore);
    const auto say = [&] { world.fake.tell("text", {{"chat", 7}, {"user", 7}, {"text", "hm"}}); };
    say();
    (void)poller.round({});
    world.fake.tell("number", {{"next", 5}});
    say();
    (void)poller.round({});
    say();
    (void)poller.round({});
    const json calls = world.fake.calls("getUpdates");
    REQUIRE(calls.size() == 3);
    CHECK(calls[2]["fields"]["offset"] == 6);
}

TEST_CASE("a ledger that is away for a while makes no poller deaf") {
    PollingWorld world;
    const auto id = world.release_to_test();
    const auto message = world.show_notice(id);
    const auto ledger = world.open_impatient();
    std::vector<std::string> troubles;
    const auto trouble = [&](const std::string& what, const std::string&) {
        troubles.push_back(what);
    };
    bot::Bot bot({*ledger, world.config, world.telegram(), nullptr, now, trouble, {}});
    bot::Poller poller(
        *ledger, bot, world.telegram(), "me", [](bot::Poller::State) {}, trouble);
    const auto press = [&](std::int64_t who, const char* verdict) {
        (void)world.press(who,
                          message,
                          std::string("data:") + verdict + "n:" + std::to_string(id) + ":"
                              + bot::short_commit(k_commit) + "+1");
    };
    press(999, "A");
    CHECK(poller.round({}) == Milliseconds{0});
    CHECK(troubles.empty());
    press(k_qa, "A");
    const pid_t other = world.lock_ledger();
    CHECK(poller.round({}) > Milliseconds{0});
    CHECK(troubles == std::vector<std::string>{"ledger"});
    (void)wait_for(other);
    (void)poller.round({});
    CHECK(world.status(id) == "manual_test_passed");
}

TEST_CASE("the bot asks Telegram for its own name once, and not before somebody names a bot") {
    PollingWorld world;
    const auto ledger = world.open();
    bot::Bot bot({*ledger,
                  world.config,
                  world.telegram(),
                  nullptr,
                  now,
                  [](const std::string&, const std::string&) {},
                  {}});
    std::int64_t number = 0;
    const auto answers = [&](const std::string& text) {
        telegram::Update update;
        update.id = ++number;
        update.said.emplace();
        update.said->from.id = k_qa;
        update.said->chat_id = k_chat;
        update.said->message_id = number;
        update.said->text = text;
        bot::Outgoing outgoing;
        bot.decide(update, outgoing);
        return outgoing.messages.size();
    };
    const auto before = world.fake.calls("getMe").size();
    CHECK(answers("/status") == 1);
    CHECK(world.fake.calls("getMe").size() == before);
    CHECK(answers("/status@release_test_bot") == 1);
    CHECK(answers("/status@other_bot") == 0);
    CHECK(answers("/status@Release_Test_Bot") == 1);
    CHECK(world.fake.calls("getMe").size() == before + 1);
}

TEST_CASE("whoever presses is answered, whatever becomes of the look at stage") {
    PollingWorld world;
    const auto id = world.release_to_test();
    const auto message = world.show_notice(id);
    FakeOperations operations;
    operations.sees_stage = true;
    std::mutex mutex;
    std::vector<std::string> troubles;
    const auto trouble = [&](const std::string& what, const std::string&) {
        const std::lock_guard guard(mutex);
        troubles.push_back(what);
    };
    const auto before = world.fake.calls("answerCallbackQuery").size();
    {
        // Without a ledger to open, opening one throws what is no Error.
        bot::Bot bot(
            {*world.ledger, world.config, world.telegram(), &operations, now, trouble, {}});
        bot::Poller poller(
            *world.ledger, bot, world.telegram(), "me", [](bot::Poller::State) {}, trouble);
        (void)world.press(k_qa, message, PollingWorld::approval_of(id));
        CHECK(poller.round({}) == Milliseconds{0});
    }
    const json calls = world.fake.calls("answerCallbackQuery");
    REQUIRE(calls.size() == before + 1);
    CHECK(calls.back()["fields"]["text"].get<std::string>().starts_with("Сейчас не получилось"));
    CHECK(troubles == std::vector<std::string>{"press"});
    CHECK(world.status(id) == "manual_testing");
}

TEST_CASE("two who approve while stage is looked at for both are both counted, each once") {
    PollingWorld world;
    world.config.telegram.quorum = 2;
    const auto id = world.release_to_test();
    const auto message = world.show_notice(id);
    std::atomic<int> looking = 0;
    Looking operations([&] {
        ++looking;
        (void)wait_until([&] { return looking == 2; }, std::chrono::seconds(10));
    });
    const auto quiet = [](const std::string&, const std::string&) {};
    {
        bot::Bot bot(
            {*world.ledger, world.config, world.telegram(), &operations, now, quiet, {}, {}, [&] {
                 return world.open();
             }});
        bot::Poller poller(
            *world.ledger, bot, world.telegram(), "me", [](bot::Poller::State) {}, quiet);
        for (const std::int64_t who : {k_qa, k_qa_two}) {
            (void)world.press(who, message, PollingWorld::approval_of(id));
        }
        CHECK(poller.round({}) == Milliseconds{0});
    }
    CHECK(looking == 2);
    CHECK(world.status(id) == "manual_test_passed");
    CHECK(world.ledger->approvals(id).size() == 2);
    const auto events = world.ledger->events(id);
    CHECK(std::count_if(events.begin(),
                        events.end(),
                        [](const release::Event& event) {
                            return event.from != event.to && event.to == "manual_test_passed";
                        })
          == 1);
}

TEST_CASE("a ledger that is lost between the look and the decision: said, and nothing is decided") {
    PollingWorld world;
    const auto id = world.release_to_test();
    const auto message = world.show_notice(id);
    pid_t other = 0;
    Looking operations([&] {
        if (other == 0) {
            other = world.lock_ledger();
        }
    });
    std::vector<std::string> troubles;
    std::mutex mutex;
    const auto trouble = [&](const std::string& what, const std::string&) {
        const std::lock_guard guard(mutex);
        troubles.push_back(what);
    };
    const auto approve = [&] {
        bot::Bot bot(
            {*world.ledger, world.config, world.telegram(), &operations, now, trouble, {}, {}, [&] {
                 return world.open_impatient();
             }});
        bot::Poller poller(
            *world.ledger, bot, world.telegram(), "me", [](bot::Poller::State) {}, trouble);
        (void)world.press(k_qa, message, PollingWorld::approval_of(id));
        CHECK(poller.round({}) == Milliseconds{0});
    };
    approve();
    CHECK(world.fake.calls("answerCallbackQuery")
              .back()["fields"]["text"]
              .get<std::string>()
              .starts_with("Сейчас не получилось"));
    CHECK(troubles == std::vector<std::string>{"press"});
    (void)wait_for(other);
    CHECK(world.status(id) == "manual_testing");
    CHECK(world.ledger->approvals(id).empty());
    approve();
    CHECK(world.status(id) == "manual_test_passed");
}
