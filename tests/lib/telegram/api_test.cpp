#include "lib/telegram/telegram.hpp"
#include "lib/telegram/text.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_control.hpp"

using namespace loomrel;
using telegram::Problem;
using Kind = telegram::Problem::Kind;
using nlohmann::json;

namespace {

struct World {
    test::Fake& fake = test::Fake::shared("fake_telegram.py");
    telegram::Api api{options(fake.url())};

    static telegram::Options options(const std::string& url, const std::string& token = "") {
        return {url + "/", Secret(token.empty() ? "123456:test-token" : token), Milliseconds{5000}};
    }
};

template <typename Call> Problem problem_of(Call call) {
    try {
        call();
    } catch (const Problem& problem) {
        return problem;
    }
    FAIL("it worked");
    throw std::logic_error("not reached");
}

constexpr std::int64_t k_chat = -1001;

} // namespace

TEST_CASE("messages are sent, edited and lose their keyboard") {
    World world;
    CHECK(world.api.get_me().username == "release_test_bot");
    CHECK(problem_of([&] {
              (void)world.api.send_message({k_chat, 3}, {"x", {}});
          }).kind()
          == Kind::refused);
    world.fake.tell("topic", {{"chat", k_chat}, {"thread", 3}});
    const auto id = world.api.send_message({k_chat, 3}, {"<b>a</b> &lt;", {{{"✅", "a:1"}}}});
    json messages = world.fake.messages(k_chat);
    REQUIRE(messages.size() == 1);
    CHECK(messages[0]["message_id"] == id);
    CHECK(messages[0]["text"] == "a <");
    CHECK(messages[0]["message_thread_id"] == 3);
    CHECK(messages[0]["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "a:1");
    world.api.edit_message(k_chat, id, {"b", {}});
    world.api.edit_message(k_chat, id, {"b", {}}); // not modified: as good as done
    messages = world.fake.messages(k_chat);
    CHECK(messages[0]["text"] == "b");
    CHECK_FALSE(messages[0].contains("reply_markup"));
    CHECK(messages[0]["edits"] == 1);
    CHECK(problem_of([&] {
              world.api.edit_message(k_chat, 999, {"b", {}});
          }).kind()
          == Kind::message_gone);
}

TEST_CASE("what Telegram cannot parse arrives without its tags") {
    World world;
    world.api.send_message({k_chat}, {"<b>a</i> &lt;&amp;", {}});
    CHECK(world.fake.messages(k_chat)[0]["text"] == "a <&");
}

TEST_CASE("a group that became a supergroup is followed") {
    World world;
    world.fake.tell("migrate", {{"chat", -5}, {"to", -1005}});
    world.api.send_message({-5}, {"one", {}});
    world.api.send_message({-5}, {"two", {}});
    CHECK(world.fake.messages(-1005).size() == 2);
    CHECK(world.fake.calls("sendMessage").size() == 3);
    CHECK(world.api.moved_chats().at(-5) == -1005);
}

TEST_CASE("troubles are told apart by what to do about them") {
    World world;
    std::int64_t chat = k_chat;
    const auto send = [&] { world.api.send_message({chat}, {"x", {}}); };
    world.fake.tell("fail", {{"how", 429}, {"retry_after", 5}, {"times", 1}});
    const Problem too_many = problem_of(send);
    CHECK(too_many.kind() == Kind::too_many);
    CHECK(too_many.retry_after() == Milliseconds{6000});
    chat = -2002; // the other wants to be left alone
    for (const auto& [how, kind] : std::vector<std::pair<json, Kind>>{{"refuse", Kind::away},
                                                                      {"html", Kind::away},
                                                                      {500, Kind::away},
                                                                      {400, Kind::refused},
                                                                      {403, Kind::refused},
                                                                      {401, Kind::unauthorised},
                                                                      {409, Kind::conflict}}) {
        world.fake.tell("fail", {{"how", how}, {"times", 1}});
        CHECK(problem_of(send).kind() == kind);
    }
    telegram::Api stranger(World::options(world.fake.url(), "1:other-secret"));
    const Problem wrong = problem_of([&] { (void)stranger.get_me(); });
    CHECK(wrong.kind() == Kind::unauthorised);
    world.fake.tell("away", {{"on", true}});
    CHECK(problem_of(send).kind() == Kind::away);
}

TEST_CASE("the token is in no problem's words") {
    for (const std::string url :
         {"http://127.0.0.1:1", "http://no-such-host.invalid", "nonsense"}) {
        telegram::Api api(World::options(url, "4242:VERY-SECRET"));
        const Problem problem = problem_of([&] { (void)api.get_me(); });
        CHECK(problem.kind() == Kind::away);
        CHECK(std::string(problem.what()).find("VERY-SECRET") == std::string::npos);
    }
}

TEST_CASE("a deadline holds for every call") {
    World world;
    world.fake.tell("fail", {{"how", "slow"}, {"seconds", 20}});
    world.api.set_deadline(deadline_in(Milliseconds{300}));
    const auto began = std::chrono::steady_clock::now();
    CHECK(problem_of([&] { (void)world.api.get_me(); }).kind() == Kind::away);
    CHECK(problem_of([&] { (void)world.api.get_me(); }).kind() == Kind::away);
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(3));
}

TEST_CASE("documents arrive whole") {
    World world;
    std::string log;
    for (int line = 0; line < 20000; ++line) {
        log += "строка " + std::to_string(line) + " <&>\n";
    }
    const auto first = world.api.send_message({k_chat}, {"x", {}});
    world.api.send_document({k_chat}, "v1.2.3.log", log, first);
    const json message = world.fake.messages(k_chat)[1];
    CHECK(message["document"]["file_name"] == "v1.2.3.log");
    CHECK(message["content"] == log);
    world.fake.tell("delete", {{"chat", k_chat}, {"message", first}});
    world.api.send_document({k_chat}, "v1.2.3.log", log, first);
    CHECK(world.fake.messages(k_chat).size() == 2);
}

TEST_CASE("a chat that wants to be left alone is, whatever there is to tell it; others are not") {
    World world;
    const auto id = world.api.send_message({k_chat}, {"a", {}});
    world.fake.tell(
        "fail", {{"method", "editMessageText"}, {"how", 429}, {"retry_after", 1}, {"times", 1}});
    const auto edit = [&] { world.api.edit_message(k_chat, id, {"b", {}}); };
    const auto wait = problem_of(edit).retry_after();
    const auto calls = world.fake.tell("calls").size();
    const auto until = deadline_in(wait);
    for (const auto& attempt : std::vector<std::function<void()>>{
             edit,
             [&] {
                 (void)world.api.send_message({k_chat}, {"c", {}});
             },
             [&] { (void)world.api.send_document({k_chat}, "x", "y", 0); }}) {
        const auto problem = problem_of(attempt);
        CHECK(problem.kind() == Kind::too_many);
        CHECK(problem.retry_after() <= wait);
        CHECK(problem.retry_after().count() > 0);
    }
    CHECK(world.fake.tell("calls").size() == calls);
    (void)world.api.send_message({-2002}, {"d", {}});
    std::this_thread::sleep_until(until);
    edit();
    CHECK(world.fake.messages(k_chat)[0]["text"] == "b");
}

TEST_CASE("updates come in order, wait for news, and are confirmed by the next offset") {
    World world;
    CHECK(world.api.get_updates(0, Milliseconds{0}, {}).empty());
    world.fake.tell("text", {{"chat", 5}, {"text", "/start"}});
    world.fake.tell("text", {{"chat", 5}, {"text", "/help"}});
    const auto updates = world.api.get_updates(0, Milliseconds{1000}, {});
    REQUIRE(updates.size() == 2);
    CHECK(updates[1]["message"]["text"] == "/help");
    const auto next = updates[1]["update_id"].get<std::int64_t>() + 1;
    CHECK(world.api.get_updates(next, Milliseconds{0}, {}).empty());
    CHECK(world.fake.tell("state")["pending"] == 0);
    const Deadline when = deadline_in(Milliseconds{200});
    const auto cancelled = [when] { return left_until(when).count() == 0; };
    CHECK(problem_of([&] {
              (void)world.api.get_updates(next, Milliseconds{20000}, cancelled);
          }).kind()
          == Kind::cancelled);
}

TEST_CASE("a webhook and a poll exclude each other") {
    World world;
    world.api.set_webhook("https://example.com/api/tg-bot/update", "abc_DEF-1");
    CHECK(world.api.webhook_info().url == "https://example.com/api/tg-bot/update");
    CHECK(problem_of([&] { (void)world.api.get_updates(0, Milliseconds{0}, {}); }).kind()
          == Kind::conflict);
    world.api.delete_webhook();
    CHECK(world.api.webhook_info().url.empty());
    CHECK(world.api.get_updates(0, Milliseconds{0}, {}).empty());
}

TEST_CASE("a press is answered, also when it is too late for that") {
    World world;
    const auto id = world.api.send_message({k_chat}, {"x", {{{"✅", "a:1"}}}});
    const json press =
        world.fake.tell("press", {{"chat", k_chat}, {"message", id}, {"button", "✅"}, {"user", 7}});
    world.api.answer_press(press["query"], std::string(1000, 'x'), true);
    world.api.answer_press(press["query"], "again", false);
    const json answers = world.fake.tell("answers");
    REQUIRE(answers.size() == 1);
    CHECK(telegram::utf16_length(answers[0]["text"].get<std::string>()) == 200);
    CHECK(answers[0]["alert"] == true);
}

TEST_CASE("data beyond 64 bytes is refused, not cut") {
    World world;
    CHECK(problem_of([&] {
              world.api.send_message({k_chat}, {"x", {{{"✅", std::string(65, 'a')}}}});
          }).kind()
          == Kind::refused);
}
