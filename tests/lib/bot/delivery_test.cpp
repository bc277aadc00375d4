#include "lib/bot/delivery.hpp"
#include "lib/bot/dialog.hpp"
#include "tests/lib/bot/bot_world.hpp"
#include "tests/support/fake_control.hpp"

#include <thread>

using namespace loomrel;
using namespace loomrel::test;
using nlohmann::json;
using release::Status;

namespace {

struct DeliveryWorld : LedgerWorld {
    Fake& fake = Fake::shared("fake_telegram.py");
    telegram::Api api{{fake.url(), Secret("123456:test-token"), Milliseconds{5000}}};

    bot::Delivery::Outcome deliver(Milliseconds patience = Milliseconds{10000}) {
        bot::Delivery delivery(*ledger, api, config, "me");
        return delivery.run(deadline_in(patience));
    }

    void say(const std::string& text, const std::string& environment = "") {
        store::NewNotice notice;
        notice.key = text;
        notice.kind = "text";
        notice.fact = json{{"text", text}, {"environment", environment}}.dump();
        ledger->add_notice(notice);
    }

    // First lines of what a chat holds.
    std::vector<std::string> said_in(std::int64_t chat) {
        std::vector<std::string> found;
        for (const auto& message : fake.messages(chat)) {
            const auto text = message.value("text", "");
            found.push_back(text.substr(0, text.find('\n')));
        }
        return found;
    }
};

using Strings = std::vector<std::string>;

} // namespace

TEST_CASE("one message a release and chat, edited as it moves on, new when somebody must act") {
    DeliveryWorld world;
    const auto id = world.release_to_test();
    CHECK(world.deliver().sent == 1);
    CHECK(world.said_in(k_chat) == Strings{"🚀 Новый релиз готов к тестированию"});
    world.move(id, {Status::manual_test_passed});
    CHECK(world.deliver().sent == 1);
    CHECK(world.said_in(k_chat) == Strings{"✅ Релиз одобрен и ждёт деплоя на production"});
    world.move(id, {Status::deploying, Status::production_failed});
    CHECK(world.deliver().sent == 1);
    CHECK(world.said_in(k_chat)
          == Strings{"❌ Деплой на production не удался", "❌ Деплой на production не удался"});
    CHECK_FALSE(world.fake.messages(k_chat)[0].contains("reply_markup"));
    world.move(id, {Status::deploying, Status::deployed});
    CHECK(world.deliver().sent == 1);
    CHECK(world.said_in(k_chat)[1] == "✅ Релиз задеплоен на production");
    CHECK(world.said_in(k_chat).size() == 2);
    CHECK(world.deliver().sent == 0);
}

TEST_CASE("a refused deploy is told beside the call, which keeps its buttons") {
    DeliveryWorld world;
    const auto id = world.release_to_test();
    CHECK(world.deliver().sent == 1);
    REQUIRE(world.fake.messages(k_chat)[0].contains("reply_markup"));
    const json refused{{"refused", "claim"}, {"conflict", "status"}, {"actor", "anya"}};
    world.ledger->add_notice({"claim_refused:1", "claim_refused", id, refused.dump()});
    CHECK(world.deliver().sent == 1);
    REQUIRE(world.said_in(k_chat).size() == 2);
    CHECK(world.said_in(k_chat)[0] == "🚀 Новый релиз готов к тестированию");
    CHECK(world.fake.messages(k_chat)[0].contains("reply_markup"));
    // The release goes on in its own message.
    world.move(id, {Status::manual_test_passed});
    CHECK(world.deliver().sent == 1);
    CHECK(world.said_in(k_chat)[0] == "✅ Релиз одобрен и ждёт деплоя на production");
    CHECK(world.said_in(k_chat).size() == 2);
}

TEST_CASE("each environment has its chat") {
    DeliveryWorld world;
    world.config.telegram.chat_id_of = {{"prod", -2002}, {"stage", 0}};
    world.config.telegram.thread_id = 9;
    world.fake.tell("topic", {{"chat", k_chat}, {"thread", 9}});
    const auto id = world.release_to_test();
    world.move(id, {Status::manual_test_passed, Status::deploying, Status::deployed});
    world.say("to all");
    CHECK(world.deliver().sent == 4);
    // Where it was told before, it is shown as it moves on.
    CHECK(world.said_in(k_chat) == Strings{"✅ Релиз задеплоен на production", "to all"});
    CHECK(world.said_in(-2002) == Strings{"✅ Релиз задеплоен на production"});
    CHECK(world.fake.messages(k_chat)[0]["message_thread_id"] == 9);
    CHECK_FALSE(world.fake.messages(-2002)[0].contains("message_thread_id"));
}

TEST_CASE("where a release was told before, it is shown as it moves on, and holds up nobody") {
    DeliveryWorld world;
    world.config.telegram.chat_id_of = {{"prod", -2002}};
    const auto id = world.release_to_test();
    world.move(id, {Status::manual_test_passed});
    CHECK(world.deliver().sent == 2);
    CHECK(world.said_in(k_chat) == Strings{"✅ Релиз одобрен и ждёт деплоя на production"});
    world.move(id, {Status::deploying, Status::production_failed});
    CHECK(world.deliver().sent == 1);
    CHECK(world.said_in(-2002) == Strings{"❌ Деплой на production не удался"});
    CHECK(world.said_in(k_chat) == Strings{"❌ Деплой на production не удался"});
    CHECK_FALSE(world.fake.messages(k_chat)[0].contains("reply_markup"));
}

TEST_CASE("Telegram away: nothing is lost, and everything comes in order when it is back") {
    DeliveryWorld world;
    world.fake.tell("away", {{"on", true}});
    for (const std::string text : {"one", "two", "three"}) {
        world.say(text);
    }
    const auto outcome = world.deliver();
    CHECK(outcome.sent == 0);
    CHECK(outcome.parked == 0);
    CHECK(outcome.waiting == 3);
    CHECK(outcome.next_in);
    world.fake.tell("away", {{"on", false}});
    world.forget_waits();
    CHECK(world.deliver().sent == 3);
    CHECK(world.said_in(k_chat) == Strings{"one", "two", "three"});
}

TEST_CASE("retry_after is obeyed, by its chat only") {
    DeliveryWorld world;
    world.config.telegram.chat_id_of = {{"prod", -2002}};
    world.say("one");
    world.say("two");
    world.say("elsewhere", "prod");
    world.fake.tell("fail", {{"chat", k_chat}, {"how", 429}, {"retry_after", 2}, {"times", 1}});
    const auto outcome = world.deliver();
    CHECK(outcome.sent == 1);
    CHECK(outcome.waiting == 2);
    CHECK(world.said_in(-2002) == Strings{"elsewhere"});
    const auto calls = world.fake.calls("sendMessage").size();
    CHECK(world.deliver().sent == 0); // it is not even asked
    CHECK(world.fake.calls("sendMessage").size() == calls);
    CHECK(wait_until([&] { return world.deliver().sent > 0; }, std::chrono::seconds(8)));
    CHECK(world.said_in(k_chat) == Strings{"one", "two"});
    const json all = world.fake.calls("sendMessage");
    CHECK(all[3]["at"].get<double>() - all[0]["at"].get<double>() >= 2.0);
}

TEST_CASE("late by a 429 of its own chat, a notice shows what the release is by then") {
    DeliveryWorld world;
    const auto id = world.release_to_test();
    CHECK(world.deliver().sent == 1);
    world.fake.tell(
        "fail", {{"method", "editMessageText"}, {"how", 429}, {"retry_after", 1}, {"times", 1}});
    world.move(id, {Status::manual_test_passed});
    CHECK(world.deliver().waiting == 1);
    world.move(id, {Status::deploying, Status::deployed});
    CHECK(world.deliver().waiting == 2);
    CHECK(wait_until([&] { return world.deliver().sent == 2; }, std::chrono::seconds(8)));
    CHECK(world.said_in(k_chat) == Strings{"✅ Релиз задеплоен на production"});
    for (const json& call : world.fake.calls("editMessageText")) {
        const auto text = call["fields"]["text"].get<std::string>();
        CHECK(text.starts_with(call["status"] == 429 ? "✅ Релиз одобрен"
                                                     : "✅ Релиз задеплоен на production"));
    }
}

TEST_CASE("what Telegram does not take as a display is not followed by a notice before its time") {
    DeliveryWorld world;
    world.config.telegram.chat_id_of = {{"prod", -2002}};
    const auto id = world.release_to_test();
    CHECK(world.deliver().sent == 1);
    world.move(id, {Status::manual_test_passed, Status::deploying, Status::deployed});
    CHECK(world.deliver().sent == 2);
    world.move(id, {Status::rollback});
    world.say("later");
    world.fake.tell("fail",
                    {{"method", "editMessageText"},
                     {"chat", k_chat},
                     {"how", 429},
                     {"retry_after", 1},
                     {"times", 1}});
    CHECK(world.deliver().sent == 1);
    const auto calls = world.fake.calls("sendMessage").size();
    CHECK(wait_until([&] { return world.deliver().sent == 1; }, std::chrono::seconds(8)));
    const json refused = world.fake.calls("editMessageText").back();
    CHECK(refused["status"] == 429);
    const json sent = world.fake.calls("sendMessage").back();
    CHECK(world.fake.calls("sendMessage").size() == calls + 1);
    CHECK(sent["at"].get<double>() - refused["at"].get<double>() >= 1.0);
}

TEST_CASE("a chat that blocks the bot holds up nobody and is told about") {
    DeliveryWorld world;
    world.config.telegram.chat_id_of = {{"prod", -2002}};
    world.fake.tell("block", {{"chat", -2002}});
    world.say("to prod", "prod");
    world.say("to all");
    const auto outcome = world.deliver();
    CHECK(outcome.sent == 1);
    CHECK(outcome.parked == 1);
    const auto parked = world.ledger->parked_notices(10);
    REQUIRE(parked.size() == 1);
    CHECK(parked[0].error == "Forbidden: bot was kicked from the supergroup chat");
}

TEST_CASE("a message that may have arrived comes again, with the same number") {
    DeliveryWorld world;
    world.fake.tell("fail", {{"method", "sendMessage"}, {"how", "drop"}, {"times", 1}});
    const auto id = world.release_to_test();
    CHECK(world.deliver().sent == 0);
    world.forget_waits();
    CHECK(world.deliver().sent == 1);
    const json messages = world.fake.messages(k_chat);
    REQUIRE(messages.size() == 2);
    const auto number = [](const json& message) {
        const auto text = message["text"].get<std::string>();
        return text.substr(text.find("#r"));
    };
    CHECK(number(messages[0]) == number(messages[1]));
    CHECK(number(messages[0]).starts_with("#r" + std::to_string(id) + " #e"));
}

TEST_CASE("long texts come with a file that holds all of it") {
    DeliveryWorld world;
    std::string text;
    while (text.size() < 200 * 1024) {
        text += "строка <" + std::to_string(text.size()) + ">\n";
    }
    world.say(text);
    CHECK(world.deliver().sent == 1);
    const json messages = world.fake.messages(k_chat);
    REQUIRE(messages.size() == 2);
    CHECK(messages[1]["content"] == text);
}

TEST_CASE("a file that Telegram does not take now follows later, its message is sent once") {
    DeliveryWorld world;
    std::string text;
    while (text.size() < 20 * 1024) {
        text += "line " + std::to_string(text.size()) + "\n";
    }
    world.say(text);
    world.fake.tell("fail",
                    {{"method", "sendDocument"}, {"how", 429}, {"retry_after", 1}, {"times", 1}});
    CHECK(world.deliver().waiting == 1);
    CHECK(world.fake.messages(k_chat).size() == 1);
    world.forget_waits();
    CHECK(world.deliver().sent
          == 0); // that it is due changes nothing about what Telegram asked for
    CHECK(wait_until([&] { return world.deliver().sent == 1; }, std::chrono::seconds(8)));
    const json messages = world.fake.messages(k_chat);
    REQUIRE(messages.size() == 2);
    CHECK(messages[1]["content"] == text);
    // One that it never takes is given up, the message stays.
    world.say(text + "again");
    world.fake.tell("fail", {{"method", "sendDocument"}, {"how", 400}, {"times", 1}});
    CHECK(world.deliver().sent == 1);
    CHECK(world.fake.messages(k_chat).size() == 3);
}

TEST_CASE("one process delivers at a time") {
    DeliveryWorld world;
    world.say("one");
    REQUIRE(world.ledger->take_lease("notices", "another", Milliseconds{60000}));
    CHECK(world.deliver().elsewhere);
    CHECK(world.fake.messages(k_chat).empty());
    world.ledger->drop_lease("notices", "another");
    CHECK(world.deliver().sent == 1);
}

TEST_CASE("a command waits for its turn, and whoever has it takes along what comes meanwhile") {
    DeliveryWorld world;
    world.say("one");
    REQUIRE(world.ledger->take_lease("notices", "another", Milliseconds{1000}));
    bot::Delivery delivery(*world.ledger, world.api, world.config, "me");
    CHECK(delivery.run_in_turn(deadline_in(Milliseconds{3000})).sent == 1);
    world.say("two");
    world.fake.tell("fail", {{"how", "slow"}, {"seconds", 1}, {"times", 1}});
    std::thread late([&] {
        std::this_thread::sleep_for(Milliseconds(400));
        const auto ledger = world.open();
        ledger->add_notice({"three", "text", std::nullopt, R"({"text":"three"})"});
    });
    CHECK(delivery.run_in_turn(deadline_in(Milliseconds{5000})).sent == 2);
    late.join();
    CHECK(world.said_in(k_chat) == Strings{"one", "two", "three"});
}

TEST_CASE("no patience is kept to") {
    DeliveryWorld world;
    for (int i = 0; i < 20; ++i) {
        world.say("n" + std::to_string(i));
    }
    world.fake.tell("fail", {{"how", "slow"}, {"seconds", 1}});
    const auto began = std::chrono::steady_clock::now();
    (void)world.deliver(Milliseconds{1500});
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(4));
}

TEST_CASE("a group that became a supergroup: told there, pressed there, by every server") {
    DeliveryWorld world;
    const auto first = world.release_to_test();
    CHECK(world.deliver().sent == 1);
    world.fake.tell("migrate", {{"chat", k_chat}, {"to", -1009}});
    const auto id = world.release_to_test("v1.2.4");
    world.say("more");
    CHECK(world.deliver().sent == 2);
    CHECK(world.said_in(-1009) == Strings{"🚀 Новый релиз готов к тестированию", "more"});
    CHECK(world.ledger->moved_chats().at(k_chat) == -1009);
    CHECK_FALSE(world.ledger->find_message({first, k_chat, 0, "card"}));
    CHECK(world.ledger->find_message({id, -1009, 0, "card"}));
    bot::Dialog dialog(*world.ledger, world.config, nullptr, now, [] { return ""; });
    telegram::Press press{"1", {k_qa, "A"}, -1009, 1, 0, ""};
    press.data =
        "An:" + std::to_string(id) + ":" + bot::short_commit(world.commit_of("v1.2.4")) + "+1";
    CHECK_FALSE(dialog.pressed(press).alert);
    CHECK(world.status(id) == "manual_test_passed");
    // Another process does not ask the old chat first.
    telegram::Api another({world.fake.url(), Secret("123456:test-token"), Milliseconds{5000}});
    const auto calls = world.fake.calls("editMessageText").size();
    CHECK(bot::Delivery(*world.ledger, another, world.config, "me")
              .run(deadline_in(Milliseconds{5000}))
              .sent
          == 1);
    CHECK(world.fake.calls("editMessageText").size() == calls + 1);
}

TEST_CASE("without a chat notices are parked, not kept for ever") {
    DeliveryWorld world;
    world.config.telegram.chat_id = 0;
    world.say("one");
    CHECK(world.deliver().parked == 1);
    CHECK(world.ledger->parked_notices(1)[0].error == "[telegram] chat_id is not set");
}

TEST_CASE("notices go out however many deploys wait to be begun, or notices for another chat") {
    DeliveryWorld world;
    world.config.telegram.chat_id_of = {{"prod", -2002}};
    world.say("first");
    // More than a page of either, at one blow.
    (void)run_program(
        {"python3",
         "-c",
         "import sqlite3, sys\n"
         "with sqlite3.connect(sys.argv[1]) as ledger:\n"
         "    for kind in ('dispatch', 'text'):\n"
         "        for i in range(600):\n"
         "            ledger.execute('INSERT INTO outbox (kind, fact, key, created_at,"
         " due_at) SELECT ?, fact, ?, created_at, due_at FROM outbox LIMIT 1',"
         " (kind, kind + str(i)))\n",
         (world.folder.path() / "releases.db").string()});
    world.say("elsewhere", "prod");
    world.fake.tell("fail", {{"chat", k_chat}, {"how", 429}, {"retry_after", 60}, {"times", 1}});
    const auto outcome = world.deliver();
    CHECK(outcome.sent == 1);
    CHECK(outcome.waiting == 601);
    CHECK(world.said_in(-2002) == Strings{"elsewhere"});
}
