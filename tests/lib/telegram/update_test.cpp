#include "lib/telegram/update.hpp"
#include "tests/support/catch.hpp"

#include <nlohmann/json.hpp>

using namespace loomrel::telegram;

TEST_CASE("a press says who, where and what") {
    const auto update = read_update(std::string(R"({"update_id": 7, "callback_query": {
        "id": "99", "from": {"id": 11111, "first_name": "Аня", "last_name": "<b>"},
        "message": {"message_id": 5, "chat": {"id": -1001, "type": "supergroup"},
                    "message_thread_id": 3, "date": 1},
        "data": "a:17"}})"));
    REQUIRE(update);
    CHECK(update->id == 7);
    REQUIRE(update->press);
    CHECK(update->press->from.id == 11111);
    CHECK(update->press->from.name == "Аня <b>");
    CHECK(update->press->chat_id == -1001);
    CHECK(update->press->message_id == 5);
    CHECK(update->press->thread_id == 3);
    CHECK(update->press->data == "a:17");
}

TEST_CASE("a reply brings the buttons of the bot's message it replies to") {
    const auto update = read_update(std::string(R"({"update_id": 8, "message": {
        "message_id": 6, "from": {"id": 5, "first_name": ""}, "chat": {"id": 5, "type": "private"},
        "text": "плохо", "reply_to_message": {"message_id": 4, "from": {"id": 1, "is_bot": true},
        "reply_markup": {"inline_keyboard": [[{"text": "x", "callback_data": "R:17"}], 5, [3]]}}}})"));
    REQUIRE(update);
    REQUIRE(update->said);
    CHECK(update->said->from.name == "5");
    CHECK(update->said->text == "плохо");
    CHECK(update->said->reply_to_bot == 1);
    CHECK(update->said->reply_to_message == 4);
    CHECK(update->said->reply_to_buttons == std::vector<std::string>{"R:17"});
}

TEST_CASE("a reply's own thread is no topic that could be written to") {
    const auto thread_of = [](const std::string& more) {
        const auto update = read_update(
            R"({"update_id": 8, "message": {"message_id": 6, "from": {"id": 5}, "text": "x",
                "chat": {"id": -1001, "type": "supergroup"}, "message_thread_id": 4)"
            + more + "}}");
        return update->said->thread_id;
    };
    const std::string reply = R"(, "reply_to_message": {"message_id": 4})";
    CHECK(thread_of("") == 4);
    CHECK(thread_of(reply) == 0);
    CHECK(thread_of(reply + R"(, "is_topic_message": true)") == 4);
}

TEST_CASE("what is not an update is none, and hostile ones harm nobody") {
    for (const std::string text : {"",
                                   "null",
                                   "[]",
                                   "{}",
                                   R"({"update_id": "7"})",
                                   R"({"update_id": -1})",
                                   R"({"update_id": 18446744073709551615})",
                                   "{\"update_id\": 7, \"x\": \"\xff\xfe\"}"}) {
        CHECK_FALSE(read_update(text));
    }
    const std::string deep =
        "{\"update_id\":7,\"x\":" + std::string(100000, '[') + std::string(100000, ']') + "}";
    CHECK_FALSE(read_update(deep));
    for (const std::string text :
         {R"({"update_id": 7})",
          R"({"update_id": 7, "callback_query": 5})",
          R"({"update_id": 7, "callback_query": {"from": [], "data": {}}})",
          R"({"update_id": 7, "message": {"chat": {"id": 1e300}}})",
          R"({"update_id": 7, "message": {"reply_to_message": {"from": {}}}})",
          R"({"update_id": 7, "poll": {}})"}) {
        const auto update = read_update(text);
        REQUIRE(update);
        CHECK(update->id == 7);
        CHECK((!update->press || update->press->from.id == 0));
        CHECK((!update->said || update->said->chat_id == 0));
    }
}

TEST_CASE("a group that became a supergroup is told of in both") {
    const auto there = read_update(
        std::string(R"({"update_id":1,"message":{"chat":{"id":-5},"migrate_to_chat_id":-1005}})"));
    REQUIRE(there->move);
    CHECK(there->move->from == -5);
    CHECK(there->move->to == -1005);
    CHECK_FALSE(there->said);
    const auto here = read_update(std::string(
        R"({"update_id":2,"message":{"chat":{"id":-1005},"migrate_from_chat_id":-5}})"));
    REQUIRE(here->move);
    CHECK(here->move->from == -5);
    CHECK(here->move->to == -1005);
}

TEST_CASE("the words under a picture are what was said") {
    const auto update = read_update(
        std::string(R"({"update_id":1,"message":{"chat":{"id":-5},"caption":"so it looks"}})"));
    CHECK(update->said->text == "so it looks");
}
