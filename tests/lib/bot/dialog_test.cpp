#include "lib/base/random.hpp"
#include "lib/base/text.hpp"
#include "lib/bot/actor_lines.hpp"
#include "lib/bot/dialog.hpp"
#include "lib/bot/settings.hpp"
#include "lib/telegram/text.hpp"
#include "tests/lib/bot/bot_world.hpp"
#include "tests/support/golden.hpp"

#include <algorithm>

using namespace loomrel;
using namespace loomrel::test;
using release::Status;

namespace {

// A person with a thumb: presses what the last message shows.
struct DialogWorld : LedgerWorld {
    FakeOperations operations;
    telegram::Text message; // as it is now
    std::string transcript;
    int presses = 0;
    std::int64_t replied_to = 123456; // whose message say() replies to
    // By the ledger's clock things happen now.
    bot::Dialog dialog{*ledger, config, &operations, now, [] { return "Release_bot"; }};

    bot::Reply press_data(std::int64_t who, const std::string& data, std::int64_t chat = k_chat) {
        telegram::Press press;
        press.id = "p" + std::to_string(++presses);
        press.from = {who, "User" + std::to_string(who)};
        press.chat_id = chat;
        press.message_id = 1;
        press.data = data;
        bot::Reply reply = dialog.pressed(press);
        if (reply.later) {
            reply = reply.later(*ledger, operations);
        }
        if (!reply.toast.empty()) {
            transcript += std::string("   ") + (reply.alert ? "❗ " : "💬 ") + reply.toast + "\n";
        }
        if (reply.edit) {
            take(*reply.edit);
        }
        if (reply.work) {
            reply.work(operations, [this](const telegram::Text& text) { take(text); });
        }
        return reply;
    }

    bot::Reply press(std::int64_t who, const std::string& label, std::int64_t chat = k_chat) {
        transcript += ">>> " + std::to_string(who) + " [" + label + "]\n";
        for (const auto& row : message.keyboard) {
            for (const auto& button : row) {
                if (button.text == label) {
                    return press_data(who, button.data, chat);
                }
            }
        }
        FAIL("no button " << label << " in\n" << drawn(message));
        return {};
    }

    std::optional<bot::Reply>
    say(std::int64_t who, const std::string& text, std::int64_t chat, bool as_reply = false) {
        transcript += ">>> " + std::to_string(who) + ": " + text + "\n";
        telegram::Said said;
        said.from = {who, "User" + std::to_string(who)};
        said.chat_id = chat;
        said.message_id = ++presses;
        said.text = text;
        if (as_reply) {
            said.reply_to_message = 1;
            said.reply_to_bot = replied_to;
            for (const auto& row : message.keyboard) {
                for (const auto& button : row) {
                    said.reply_to_buttons.push_back(button.data);
                }
            }
        }
        auto reply = dialog.said(said);
        if (reply && reply->edit) {
            take(*reply->edit);
        }
        if (reply && reply->send) {
            take(*reply->send);
        }
        return reply;
    }

    void take(const telegram::Text& text) {
        message = text;
        // The ledger's clock is the machine's.
        const std::regex date("[0-9]{2}\\.[0-9]{2}\\.20(2[5-9]|3[0-9]) [0-9]{2}:[0-9]{2}");
        transcript += std::regex_replace(drawn(text), date, "DD.MM.YYYY hh:mm") + "\n\n";
    }

    // What the last event of a release says.
    std::string last_event(std::int64_t id) { return ledger->events(id).back().detail; }
};

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("from /start to an approval, as two approvers see it") {
    DialogWorld world;
    world.config.telegram.quorum = 2;
    const auto id = world.release_to_test();
    world.say(k_qa, "/start", k_qa);
    world.press(k_qa, "🚀 Активные релизы", k_qa);
    world.press(k_qa, "📈 История", k_qa);
    world.press(k_qa, "Назад", k_qa);
    world.press(k_qa, "✅ Подтвердить", k_qa);
    world.press(k_qa, "Назад", k_qa);
    world.press(k_qa, "✅ Подтвердить", k_qa);
    world.press(k_qa, "✅ Да, подтвердить", k_qa);
    CHECK(world.status(id) == "manual_testing");
    world.press(k_qa, "✅ Подтвердить", k_qa);
    world.press(k_qa, "✅ Да, подтвердить", k_qa);
    CHECK(world.status(id) == "manual_testing");
    world.press(k_qa_two, "✅ Подтвердить");
    world.press(k_qa_two, "✅ Да, подтвердить");
    CHECK(world.status(id) == "manual_test_passed");
    world.press(k_qa_two, "🔄 Обновить");
    world.press(k_qa_two, "⬅️ Назад в меню");
    check_golden("approving", world.transcript);
}

TEST_CASE("a rejection with a reason by reply, and one without") {
    DialogWorld world;
    const auto id = world.release_to_test();
    world.press_data(k_qa, "cn:" + std::to_string(id));
    world.press(k_qa, "❌ Отклонить");
    world.say(k_qa, "не <работает> вход", k_chat, true);
    CHECK(world.status(id) == "manual_test_failed");
    CHECK(holds(world.last_event(id), "не <работает> вход"));
    const auto other = world.release_to_test("v1.2.4");
    world.press_data(k_qa, "cn:" + std::to_string(other));
    world.press(k_qa, "❌ Отклонить");
    world.press(k_qa, "❌ Да, отклонить");
    CHECK(world.status(other) == "manual_test_failed");
    check_golden("rejecting", world.transcript);
}

TEST_CASE("a sticker is no reason, and another bot's question is none of ours") {
    DialogWorld world;
    const auto id = world.release_to_test();
    world.press_data(k_qa, "rn:" + std::to_string(id) + ":" + bot::short_commit(k_commit));
    const auto question = world.message;
    for (const std::string text : {"", " \n"}) {
        const auto reply = world.say(k_qa, text, k_chat, true);
        REQUIRE(reply);
        CHECK(holds(reply->send->html, "ответьте на вопрос текстом"));
        CHECK(world.status(id) == "manual_testing");
        world.message = question;
    }
    world.replied_to = 654321;
    CHECK_FALSE(world.say(k_qa, "не работает", k_chat, true));
    CHECK(world.status(id) == "manual_testing");
    world.replied_to = 123456;
    CHECK(world.say(k_qa, "не работает", k_chat, true));
    CHECK(world.status(id) == "manual_test_failed");
}

TEST_CASE("a command in reply to the question is that command, and rejects nothing") {
    DialogWorld world;
    const auto id = world.release_to_test();
    world.press_data(k_qa, "rn:" + std::to_string(id) + ":" + bot::short_commit(k_commit));
    const auto question = world.message;
    const auto answer = [&](const std::string& text) {
        world.message = question;
        const auto reply = world.say(k_qa, text, k_chat, true);
        CHECK(world.status(id) == "manual_testing");
        return reply && reply->send ? reply->send->html : "";
    };
    CHECK(holds(answer("/cancel"), "команда, а не причина"));
    CHECK(holds(answer(" /отмена\nпередумал"), "команда, а не причина"));
    CHECK(holds(answer("/status"), "📊 Сейчас"));
    CHECK(holds(answer("/id now"), "11111"));
    CHECK(answer("/cancel@other_bot").empty());
    world.message = question;
    CHECK(world.say(k_qa, "qa@example.com пишет: не работает", k_chat, true));
    CHECK(world.status(id) == "manual_test_failed");
}

TEST_CASE("a command addressed to another bot is not ours") {
    DialogWorld world;
    for (const std::string command : {"/status@other_bot", "/id@other_bot", "/start@other_bot x"}) {
        CHECK_FALSE(world.say(k_qa, command, k_chat));
    }
    CHECK(world.say(k_qa, "/status@release_BOT", k_chat));
    bot::Dialog nameless(*world.ledger, world.config, nullptr, now, [] { return ""; });
    telegram::Said said;
    said.from.id = k_qa;
    said.chat_id = k_chat;
    said.text = "/status@release_bot";
    CHECK(nameless.said(said));
}

TEST_CASE("the history tells why a release was rejected, and takes no note for a word") {
    DialogWorld world;
    const auto id = world.release_to_test();
    REQUIRE(world.ledger->note_event(
        {"n1", id, "Аня", "cli", R"({"said":"\"approval\"","more":{"approval":1}})"}));
    world.press_data(k_qa, "rn:" + std::to_string(id) + ":" + bot::short_commit(k_commit));
    world.say(k_qa, "не <работает>\nвход " + std::string(1000, 'x'), k_chat, true);
    world.press_data(k_qa, "hn:" + std::to_string(id));
    CHECK(holds(world.message.html, "💬 не &lt;работает&gt; вход xxx"));
    CHECK_FALSE(holds(world.message.html, std::string(400, 'x')));
    CHECK(holds(world.message.html, "📝 Аня"));
    CHECK_FALSE(holds(world.message.html, "одобрил"));
}

TEST_CASE("a production deploy that failed leads to what can be gone back to") {
    DialogWorld world;
    const auto id = world.release_to_test("v1.3.0");
    world.move(id, {Status::manual_test_passed, Status::deploying, Status::production_failed});
    const auto shown = [&] {
        world.press_data(k_ops, "of:" + std::to_string(id));
        return drawn(world.message);
    };
    CHECK(holds(shown(), "Версия v1.3.0 на хосте не хранится."));
    CHECK(holds(shown(), "На какую версию откатить?"));
    CHECK(holds(shown(), "[🏷️ v1.2.1]"));
    store::Change back;
    back.id = "back";
    back.release_id = id;
    back.actor = "loomrel";
    back.source = "journal";
    back.rollback_to_tag = "v1.2.3"; // what serves: put back by itself
    REQUIRE(world.ledger->apply(back).what == store::Changed::What::done);
    CHECK(holds(shown(), "там уже прежняя версия, v1.2.3"));
    world.press(k_ops, "🏷️ v1.2.1");
    CHECK(holds(drawn(world.message), "⏪ Откатить на tag: v1.2.1"));
    world.press(k_ops, "✅ Да, откатить");
    CHECK(world.operations.done
          == std::vector<std::string>{"loom-content v1.2.3 -> v1.2.1 by Оля"});
    world.operations.now.kept.clear();
    CHECK(holds(shown(), "там уже прежняя версия, v1.2.3"));
    CHECK_FALSE(holds(shown(), "На какую версию"));
}

TEST_CASE("a rollback: choice, question, progress, end") {
    DialogWorld world;
    const auto id = world.release_to_test();
    world.move(id, {Status::manual_test_passed, Status::deploying, Status::deployed});
    world.say(k_ops, "/start", k_ops);
    world.press(k_ops, "✅ Успешные релизы", k_ops);
    world.press(k_ops, "⏪ Откатить", k_ops);
    world.press(k_ops, "🏷️ v1.2.2 · 14.03.2024 10:45", k_ops);
    world.press(k_ops, "✅ Да, откатить", k_ops);
    CHECK(world.operations.done
          == std::vector<std::string>{"loom-content v1.2.3 -> v1.2.2 by Оля"});
    check_golden("rolling_back", world.transcript);
}

TEST_CASE("on an older card a rollback goes straight to its question, or says what there is") {
    DialogWorld world;
    const auto old = world.release_to_test("v1.2.2");
    world.move(old, {Status::manual_test_passed, Status::deploying, Status::deployed});
    world.press_data(k_ops, "os:" + std::to_string(old));
    CHECK(holds(drawn(world.message), "⏪ Откатить на tag: v1.2.2"));
    world.operations.now.serves = "v1.2.4";
    world.press(k_ops, "✅ Да, откатить");
    CHECK(world.operations.done.empty());
    CHECK(holds(drawn(world.message), "на хосте стало работать v1.2.4"));
    const auto gone = world.release_to_test("v1.0.0");
    world.move(gone, {Status::manual_test_passed, Status::deploying, Status::deployed});
    world.press_data(k_ops, "os:" + std::to_string(gone));
    CHECK(holds(drawn(world.message), "Версия v1.0.0 на хосте не хранится."));
    CHECK(holds(drawn(world.message), "[🏷️ v1.2.1]"));
    world.operations.now.kept.clear();
    world.press_data(k_ops, "os:" + std::to_string(gone));
    CHECK(holds(drawn(world.message), "Откатиться не на что"));
}

TEST_CASE("without credentials there is no rollback to press, and a forged press is refused") {
    DialogWorld world;
    world.operations.has_hosts = false;
    const auto id = world.release_to_test();
    world.move(id, {Status::manual_test_passed, Status::deploying, Status::deployed});
    world.press_data(k_ops, "ls:0");
    CHECK_FALSE(holds(drawn(world.message), "⏪"));
    const auto reply = world.press_data(k_ops,
                                        "Ys:" + std::to_string(id) + ":" + bot::digest_of("v1.2.3")
                                            + "." + bot::digest_of("v1.2.2"));
    CHECK(reply.toast == "PROD_HOST");
    CHECK(holds(world.last_event(id), "cannot_roll_back"));
    CHECK(world.operations.done.empty());
}

TEST_CASE("lists go from release to release, newest first, and survive what happens meanwhile") {
    DialogWorld world;
    std::vector<std::int64_t> ids;
    for (int i = 1; i <= 4; ++i) {
        ids.push_back(world.release_to_test("v1.0." + std::to_string(i)));
    }
    const auto shows = [&](const std::string& tag, const std::string& page) {
        INFO(drawn(world.message));
        CHECK(holds(drawn(world.message), "Tag: " + tag + "\n"));
        CHECK(holds(drawn(world.message), "[" + page + "]"));
    };
    world.press_data(k_qa, "la:0");
    shows("v1.0.4", "1/4");
    world.press(k_qa, "➡️");
    shows("v1.0.3", "2/4");
    world.press(k_qa, "➡️");
    world.press(k_qa, "➡️");
    shows("v1.0.1", "4/4");
    world.press(k_qa, "⬅️");
    shows("v1.0.2", "3/4");
    world.release_to_test("v1.0.5");
    world.press(k_qa, "🔄 Обновить");
    shows("v1.0.2", "4/5");
    world.move(ids[1], {Status::manual_test_failed}); // v1.0.2 leaves the list
    world.press(k_qa, "🔄 Обновить");
    shows("v1.0.1", "4/4");
    world.press_data(k_qa, "lf:0");
    CHECK(holds(drawn(world.message), "❌ Провальные релизы"));
    world.press_data(k_qa, "ls:0");
    CHECK(holds(drawn(world.message), "Здесь пока пусто."));
}

TEST_CASE("strangers, removed approvers, wrong chats and forged buttons decide nothing") {
    DialogWorld world;
    const auto id = world.release_to_test();
    const std::string approve =
        "An:" + std::to_string(id) + ":" + bot::short_commit(k_commit) + "+1";
    const auto refused = [&](const bot::Reply& reply, const std::string& why) {
        INFO(reply.toast);
        CHECK(holds(reply.toast, why));
        CHECK(reply.alert);
        CHECK_FALSE(reply.edit);
        CHECK(world.status(id) == "manual_testing");
        CHECK(world.ledger->approvals(id).empty());
    };
    refused(world.press_data(999, approve, 999), "999");
    CHECK(holds(world.last_event(id), R"("telegram_id":999)"));
    CHECK(holds(world.last_event(id), "stranger"));
    refused(world.press_data(999, approve), "999"); // in the group: anybody can press there
    CHECK(world.ledger->events(id).back().from == world.ledger->events(id).back().to);
    refused(world.press_data(k_ops, approve), "approvers");
    refused(world.press_data(k_qa, approve, -777), "-777");
    refused(world.press_data(k_qa, approve, k_qa_two), "22222");
    refused(world.press_data(k_qa, approve, 0), "0");
    refused(world.press_data(k_qa, "An:" + std::to_string(id + 100) + ":01234567"), "нет");
    refused(world.press_data(k_qa, "нечто"), "/start");
    refused(world.press_data(k_qa, "Ys:" + std::to_string(id) + ":01234567.01234567"), "admins");
    world.config.telegram.approvers = {k_qa_two}; // removed while his message still hangs there
    refused(world.press_data(k_qa, approve), "approvers");
    CHECK_FALSE(world.say(999, "просто разговор", 999));
    CHECK(holds(world.say(999, "/start", 999)->send->html, "999"));
    CHECK(holds(world.say(999, "/id", 999)->send->html, "<code>999</code>"));
    CHECK(world.operations.done.empty());
}

TEST_CASE("nobody approves his own release where that is forbidden") {
    DialogWorld world;
    world.config.telegram.self_approval = false;
    world.config.people[0].github = "developer_name";
    const auto id = world.release_to_test();
    const std::string approve =
        "An:" + std::to_string(id) + ":" + bot::short_commit(k_commit) + "+1";
    CHECK(world.press_data(k_qa, approve).alert);
    CHECK(world.status(id) == "manual_testing");
    world.press_data(k_qa_two, approve);
    CHECK(world.status(id) == "manual_test_passed");
}

TEST_CASE("whoever approves reads whose release it is, and why not his") {
    DialogWorld world;
    world.config.telegram.self_approval = false;
    world.config.telegram.approvers = {k_qa, k_qa_two, k_ops};
    world.config.people[1].emails = {"boris@example.com"};
    const auto sent =
        [&](const std::string& tag, const store::SenderAnswer& answer, const std::string& email) {
            const auto id = world.release_to_test(tag);
            store::Change change;
            change.id = "signatures-" + tag;
            change.release_id = id;
            change.actor = "loomrel";
            change.source = "journal";
            change.signatures = release::Signatures{
                LedgerWorld::commit_of(tag), "Eve <b>&", email, "GitHub", "noreply@github.com"};
            REQUIRE(world.ledger->apply(change).what == store::Changed::What::done);
            world.ledger->keep_sender(
                {id, answer.sender, answer.resender, answer.event, answer.run_commit});
            return id;
        };
    const auto yes = [&](std::int64_t id, const std::string& tag) {
        return "An:" + std::to_string(id) + ":" + bot::short_commit(LedgerWorld::commit_of(tag))
               + "+1";
    };
    const auto id = sent("v1.2.3", {0, "anya", "", "workflow_dispatch", ""}, "boris@example.com");
    const std::string number = std::to_string(id);
    const std::string approve = yes(id, "v1.2.3");
    CHECK(holds(world.press_data(k_qa, approve).toast,
                "запустил workflow GitHub руками (логин anya)"));
    CHECK(holds(world.press_data(k_qa_two, approve).toast,
                "автор коммита (boris@example.com по [[people]])"));
    CHECK(world.status(id) == "manual_testing");
    const auto card = world.press_data(k_ops, "an:" + number + ":" + bot::short_commit(k_commit));
    REQUIRE(card.edit);
    CHECK(holds(card.edit->html, "📤 Запустил workflow руками: anya (по данным GitHub)"));
    CHECK(holds(card.edit->html,
                "✍️ Автор коммита: Eve &lt;b&gt;&amp; &lt;boris@example.com&gt;"));
    CHECK(holds(card.edit->html, "📝 Коммит сделан на GitHub"));
    CHECK(holds(card.edit->html, "🚫 Аня не может одобрить: запустил workflow"));
    CHECK(holds(card.edit->html, "🚫 Борис не может одобрить: автор коммита"));

    const auto strange =
        sent("v1.2.4", {0, "mallory", "anya", "push", std::string(40, 'f')}, "who@example.com");
    CHECK(holds(world.press_data(k_ops, yes(strange, "v1.2.4")).toast, "кто такой mallory"));
    CHECK(world.status(strange) == "manual_testing");
    const auto lines = [&] {
        return bot::actor_texts(
            Language::en, world.config.approval_rules(), *world.ledger->find_release(strange));
    };
    CHECK(join(lines(), "\n")
          == "📤 Pushed by: mallory (GitHub says so)\n"
             "🔁 Run again by: anya (GitHub says so)\n"
             "⚠️ GitHub's run was of another commit: ffffffff\n"
             "✍️ Author of the commit: Eve <b>& <who@example.com> — not in [[people]]\n"
             "📝 Committed by GitHub: a squash, a merge or an edit on its site\n"
             "🚫 It cannot be approved: [[people]] does not say who mallory is\n"
             "🚫 Аня may not approve: ran GitHub's workflow again (login anya)");
    // Where everybody may approve, nobody is asked for.
    world.config.telegram.self_approval = true;
    CHECK(lines().size() == 4); // sender and re-run are one
    world.press_data(k_qa, yes(strange, "v1.2.4"));
    CHECK(world.status(strange) == "manual_test_passed");
}

TEST_CASE("a no that belongs to no release is for the log") {
    DialogWorld world;
    const auto id = world.release_to_test();
    CHECK(world.press_data(k_qa, "нечто").unheard == "unreadable");
    CHECK(world.press_data(k_qa, "An:" + std::to_string(id + 1) + ":01234567").unheard
          == "no_release");
    CHECK(world.press_data(999, "An:" + std::to_string(id + 1) + ":01234567", 999).unheard
          == "stranger");
    CHECK(world.press_data(999, "An:" + std::to_string(id) + ":01234567", 999).unheard.empty());
    CHECK(world.say(999, "/start", 999)->unheard == "stranger");
    CHECK(world.say(k_qa, "/start", k_qa)->unheard.empty());
}

TEST_CASE("an author's own word from before it was forbidden is not counted to anybody") {
    DialogWorld world;
    world.config.telegram.approvers = {k_qa, k_qa_two, 44444};
    world.config.telegram.quorum = 2;
    world.config.people[0].github = "developer_name";
    world.config.people.push_back({44444, "carl", "Карл"});
    const auto id = world.release_to_test();
    const std::string approve =
        "An:" + std::to_string(id) + ":" + bot::short_commit(k_commit) + "+1";
    world.press_data(k_qa, approve);
    world.config.telegram.self_approval = false;
    const auto reply = world.press_data(k_qa_two, approve);
    CHECK(world.status(id) == "manual_testing");
    CHECK(holds(reply.toast, "Нужно ещё: 1"));
    CHECK(holds(drawn(world.message), "Борис (1 из 2)"));
    CHECK_FALSE(holds(drawn(world.message), "Аня,"));
}

TEST_CASE("a press that comes too late gets the present state") {
    DialogWorld world;
    const auto id = world.release_to_test();
    const std::string number = std::to_string(id);
    world.move(id, {Status::manual_test_passed, Status::deploying, Status::deployed});
    std::size_t before = world.ledger->events(id).size();
    for (const char action : {'a', 'A', 'r', 'R', 'g'}) {
        const auto reply = world.press_data(
            k_qa_two, std::string(1, action) + "n:" + number + ":" + bot::short_commit(k_commit));
        INFO(action);
        CHECK(holds(reply.toast, "✅ Задеплоен"));
        const auto events = world.ledger->events(id);
        CHECK(events.back().from == events.back().to);
        CHECK(std::regex_search(events.back().detail,
                                std::regex("\"(telegram|approver)_id\":22222")));
        CHECK(events.size() == before + 1);
        before = events.size();
        REQUIRE(reply.edit);
        CHECK(holds(reply.edit->html, "✅ Релиз задеплоен на production"));
        CHECK(reply.edit->keyboard.empty());
    }
    CHECK(world.status(id) == "deployed");
}

TEST_CASE("a decision is about the commit that was shown") {
    DialogWorld world;
    const auto id = world.release_to_test();
    const auto reply = world.press_data(k_qa, "An:" + std::to_string(id) + ":ffffffff");
    CHECK(holds(reply.toast, "другой коммит"));
    CHECK(world.status(id) == "manual_testing");
}

TEST_CASE("the same press handled twice is one decision") {
    DialogWorld world;
    world.config.telegram.quorum = 2;
    const auto id = world.release_to_test();
    const std::string approve =
        "An:" + std::to_string(id) + ":" + bot::short_commit(k_commit) + "+1";
    world.press_data(k_qa, approve);
    const auto events = world.ledger->events(id).size();
    --world.presses; // the same id again
    const auto again = world.press_data(k_qa, approve);
    CHECK(holds(again.toast, "Нужно ещё: 1"));
    CHECK(world.ledger->events(id).size() == events);
}

TEST_CASE("a deploy that did not start is started again by a press, one that waits is not") {
    DialogWorld world;
    const auto id = world.release_to_test();
    world.move(id, {Status::manual_test_passed});
    const auto dispatches = [&] {
        std::vector<store::Notice> rows = world.ledger->waiting_notices(100);
        std::erase_if(rows, [](const auto& row) { return row.kind != "dispatch"; });
        return rows;
    };
    world.press_data(k_qa, "gn:" + std::to_string(id));
    REQUIRE(dispatches().size() == 1);
    world.ledger->settle_notice(
        {store::Settlement::What::parked, dispatches()[0].id, "HTTP 404", Milliseconds{0}});
    world.press_data(k_qa, "la:0");
    world.press(k_qa_two, "🔁 Запустить деплой");
    CHECK(dispatches().size() == 1);
    CHECK_FALSE(holds(drawn(world.message), "🔁")); // pressed, it is not there to be pressed again
    CHECK(holds(world.last_event(id), R"("dispatch":"again")"));
    const auto events = world.ledger->events(id).size();
    world.press_data(k_qa, "gn:" + std::to_string(id));
    CHECK(dispatches().size() == 1);
    CHECK(world.ledger->events(id).size() == events);
    world.press_data(k_qa, "la:0");
    CHECK_FALSE(holds(drawn(world.message), "🔁"));
    // Begun: the claim is what comes next, and another run would only find it taken.
    using Phase = store::DispatchState::Phase;
    world.ledger->settle_notice({store::Settlement::What::sent,
                                 dispatches()[0].id,
                                 "",
                                 Milliseconds{0},
                                 {Phase::started, 0, "https://github.com/x/y/actions/runs/7"}});
    const auto late = world.press_data(k_qa, "gn:" + std::to_string(id));
    CHECK(holds(late.toast, "уже запущен: https://github.com/x/y/actions/runs/7"));
    CHECK(late.edit);
    CHECK(dispatches().empty());
    world.press_data(k_qa, "la:0");
    CHECK_FALSE(holds(drawn(world.message), "🔁"));
    CHECK(holds(drawn(world.message), "🚀 Деплой запущен: [Открыть]"));
    // GitHub does not always say where.
    const auto other = world.release_to_test("v1.2.4");
    world.move(other, {Status::manual_test_passed});
    world.ledger->settle_notice({store::Settlement::What::sent,
                                 dispatches()[0].id,
                                 "",
                                 Milliseconds{0},
                                 {Phase::started, 0, ""}});
    CHECK(world.press_data(k_qa, "gn:" + std::to_string(other)).toast
          == "Деплой на production уже запущен");
    // Its place was taken before anything began: nothing begins, and nobody is told that it did.
    const auto outrun = world.release_to_test("v1.2.5");
    world.move(outrun, {Status::manual_test_passed});
    world.ledger->settle_notice({store::Settlement::What::sent,
                                 dispatches()[0].id,
                                 "outrun by v1.2.6",
                                 Milliseconds{0},
                                 {Phase::obsolete, 0, ""}});
    CHECK(holds(world.press_data(k_qa, "gn:" + std::to_string(outrun)).toast, "Решать уже нечего"));
    CHECK(holds(world.last_event(outrun), R"("refused":"moved_on")"));
    CHECK(dispatches().empty());
}

TEST_CASE("/status tells what is under way and what serves; /help helps") {
    DialogWorld world;
    const auto id = world.release_to_test("v1.2.2");
    world.move(id, {Status::manual_test_passed, Status::deploying, Status::deployed});
    world.release_to_test("v1.2.3");
    world.say(k_qa, "/status@release_bot", k_chat);
    world.say(k_qa, "/help", k_chat);
    world.say(k_qa, "/id", k_chat);
    world.config.language = Language::en;
    world.say(k_qa, "/status", k_chat);
    world.say(k_qa, "/start", k_qa);
    world.press(k_qa, "🚀 Active releases", k_qa);
    world.press(k_qa, "❌ Reject", k_qa);
    world.press(k_qa, "Back", k_qa);
    world.press(k_qa, "✅ Approve", k_qa);
    world.press(k_qa, "✅ Yes, approve", k_qa);
    check_golden("commands", world.transcript);
}

TEST_CASE("/status tells what production's last run left there") {
    DialogWorld world;
    for (const std::string tag : {"v1.0.1", "v1.1.0", "v1.2.0"}) {
        const auto id = world.release_to_test(tag);
        world.move(id, {Status::manual_test_passed, Status::deploying, Status::deployed});
    }
    // Back twice: from v1.2.0, then from v1.1.0.
    for (const std::string to : {"v1.1.0", "v1.0.1"}) {
        store::Run run;
        run.id = random_uuid();
        run.service = "loom-content";
        run.environment = "prod";
        run.kind = store::RunKind::rollback;
        run.ref = "refs/tags/" + to;
        run.hosts = {"root@prod"};
        REQUIRE(world.ledger->open_run(run).opened);
        world.ledger->end_run(
            {run.id, store::RunOutcome::good, "{}", {{"root@prod", "ended", "good", to}}});
    }
    world.say(k_qa, "/status", k_chat);
    CHECK(holds(world.message.html, "На production:\nloom-content: v1.0.1"));
}

TEST_CASE("however much there is, it fits into a message") {
    DialogWorld world;
    const std::string wide(95, 'w');
    for (int i = 0; i < 20; ++i) {
        const std::string number = std::to_string(i);
        const auto id = world.release_to_test("v" + number + wide, "s" + number + wide);
        world.move(id, {Status::manual_test_passed, Status::deploying, Status::deployed});
        world.operations.now.kept.push_back({"k" + number + wide, std::nullopt});
        world.operations.now.kept.push_back({"l" + number + wide, std::nullopt});
        world.operations.now.kept.push_back({"m" + number + wide, std::nullopt});
        (void)world.release_to_test("v1" + number + wide, "s" + number + wide);
    }
    world.say(k_qa, "/status", k_chat);
    CHECK(telegram::utf16_length(telegram::plain_of(world.message.html)) <= 4096);
    CHECK(world.message.html.ends_with("\n…"));
    CHECK(holds(world.message.html, "На production:\ns19"));
    const auto gone = world.make("v1.0.0");
    world.press_data(k_ops, "os:" + std::to_string(gone));
    CHECK(telegram::utf16_length(telegram::plain_of(world.message.html)) <= 4096);
    CHECK(world.message.keyboard.size() == 9);
}

TEST_CASE("behind the last page that is counted there is no more, and that is said") {
    DialogWorld world;
    world.release_to_test("v1.0.0");
    (void)run_program(
        {"sqlite3",
         "-bail",
         (world.folder.path() / "releases.db").string(),
         "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 1001)"
         " INSERT INTO releases (service_name, release_tag, status, initiated_by,"
         " github_run_id, github_action_link, github_ref) SELECT 'loom-content',"
         " 'v1.0.' || i, 'building', 'x', i, '', '' FROM n"});
    world.press_data(k_qa, "la:3");
    CHECK(holds(drawn(world.message), "999/1000+"));
    CHECK(world.press(k_qa, "➡️").toast.empty());
    CHECK(holds(drawn(world.message), "1000/1000+"));
    const auto reply = world.press(k_qa, "➡️");
    CHECK(holds(reply.toast, "loomrel release list"));
    CHECK(reply.edit);
    CHECK(holds(drawn(world.message), "1000/1000+"));
}

TEST_CASE("stage is looked at when the approval is given") {
    using What = bot::StageSight::What;
    DialogWorld world;
    world.operations.sees_stage = true;
    const auto id = world.release_to_test();
    const std::string approve =
        "An:" + std::to_string(id) + ":" + bot::short_commit(k_commit) + "+1";
    SECTION("it serves what was tested") {
        world.press_data(k_qa, approve);
        CHECK(world.operations.looks == 1);
        CHECK(world.status(id) == "manual_test_passed");
        CHECK_FALSE(holds(world.last_event(id), "unseen"));
    }
    SECTION("it serves something else, and no press gets past that") {
        world.operations.sight = {What::other, "v1.2.2", ""};
        for (const std::string& press : {approve, approve + "."}) {
            const auto reply = world.press_data(k_qa, press);
            CHECK(holds(reply.toast, "На stage работает v1.2.2, а не v1.2.3"));
            CHECK(world.status(id) == "manual_testing");
            CHECK(holds(world.last_event(id), R"("conflict":"stage")"));
        }
        CHECK(world.operations.looks == 2);
        world.press_data(k_qa, "hn:" + std::to_string(id));
        CHECK(holds(world.message.html, "решение не принято: на stage работает другое"));
    }
    SECTION("it is silent: said first, approved by the second press") {
        world.operations.sight = {What::silent, "", "нет <связи>"};
        world.press_data(k_qa, approve);
        CHECK(world.status(id) == "manual_testing");
        CHECK(holds(world.message.html, "⚠️ stage не отвечает"));
        CHECK(holds(world.message.html, "нет &lt;связи&gt;"));
        world.press(k_qa, "✅ Да, подтвердить");
        CHECK(world.operations.looks == 2);
        CHECK(world.status(id) == "manual_test_passed");
        CHECK(holds(world.last_event(id), R"("stage":"unseen")"));
        world.press_data(k_qa, "hn:" + std::to_string(id));
        CHECK(holds(world.message.html, "stage не отвечал, одобрено не глядя"));
    }
    SECTION("it came back between the presses: what it says counts") {
        world.operations.sight = {What::silent, "", ""};
        world.press_data(k_qa, approve);
        world.operations.sight = {What::other, "v1.2.2", ""};
        world.press(k_qa, "✅ Да, подтвердить");
        CHECK(world.status(id) == "manual_testing");
        world.operations.sight = {What::same, "", ""};
        world.press_data(k_qa, approve + ".");
        CHECK(world.status(id) == "manual_test_passed");
        CHECK_FALSE(holds(world.last_event(id), "unseen"));
    }
    SECTION("nobody asks a host about what cannot be approved, or is rejected") {
        world.press_data(k_qa, "An:" + std::to_string(id) + ":ffffffff");
        world.press_data(k_qa, "Rn:" + std::to_string(id) + ":" + bot::short_commit(k_commit));
        CHECK(world.operations.looks == 0);
        CHECK(world.status(id) == "manual_test_failed");
    }
}

TEST_CASE("a yes is of the question it was pressed under: asked anew since, it is asked again") {
    DialogWorld world;
    const auto id = world.release_to_test();
    world.press_data(k_qa, "an:" + std::to_string(id) + ":" + bot::short_commit(k_commit));
    const auto opened = world.message;
    world.move(id, {Status::manual_test_passed});
    world.move(id,
               {Status::manual_testing},
               R"({"reason":"settings_differ","settings":["hooks.before_up"]})");
    const auto refused = [&](const bot::Reply& reply) {
        CHECK(holds(reply.toast, "Одобрения v1.2.3 с тех пор спросили заново"));
        CHECK(reply.alert);
        CHECK(world.status(id) == "manual_testing");
        CHECK(holds(world.last_event(id), R"("conflict":"question")"));
        CHECK(holds(world.message.html, "hooks.before_up"));
        CHECK(holds(drawn(world.message), "[✅ Да, подтвердить]"));
    };
    SECTION("the question of before") {
        refused(world.press(k_qa, "✅ Да, подтвердить"));
    }
    SECTION("a button of before questions had numbers") {
        refused(
            world.press_data(k_qa, "An:" + std::to_string(id) + ":" + bot::short_commit(k_commit)));
        refused(world.press_data(
            k_qa, "An:" + std::to_string(id) + ":" + bot::short_commit(k_commit) + "."));
    }
    SECTION("the question of before, when stage is silent") {
        world.operations.sees_stage = true;
        world.operations.sight = {bot::StageSight::What::silent, "", ""};
        refused(world.press_data(
            k_qa, "An:" + std::to_string(id) + ":" + bot::short_commit(k_commit) + "+1."));
        world.operations.sight = {bot::StageSight::What::same, "", ""};
    }
    world.press(k_qa, "✅ Да, подтвердить");
    CHECK(world.status(id) == "manual_test_passed");
    world.message = opened;
    CHECK(world.message.keyboard.at(0).at(0).data.size() <= 64);
}

TEST_CASE("a release without a commit has no yes, however it is pressed") {
    DialogWorld world;
    const auto id = world.make("v1.2.3", "loom-content", "");
    world.move(id, {Status::building, Status::stage_deploy, Status::manual_testing});
    world.press_data(k_qa, "la:0");
    CHECK_FALSE(holds(drawn(world.message), "[✅ Подтвердить]"));
    CHECK(holds(drawn(world.message), "[❌ Отклонить]"));
    CHECK(holds(drawn(world.message), "Коммит неизвестен: одобрить нельзя"));
    for (const char action : {'a', 'A'}) {
        const auto reply =
            world.press_data(k_qa, std::string(1, action) + "n:" + std::to_string(id) + ":-");
        CHECK(holds(reply.toast, "нет коммита"));
        CHECK(world.status(id) == "manual_testing");
    }
}

TEST_CASE("whom the ledger's newer rules exclude is told which rule it is") {
    DialogWorld world;
    const auto id = world.release_to_test();
    release::ApprovalRules rules = world.config.approval_rules();
    rules.self_approval = false;
    const auto told = [&](const std::string& text) {
        (void)world.ledger->keep_approval_rules(rules, "serve");
        const auto reply = world.press_data(
            k_qa, "An:" + std::to_string(id) + ":" + bot::short_commit(k_commit) + "+1");
        CHECK(world.status(id) == "manual_testing");
        INFO(reply.toast);
        CHECK(holds(reply.toast, text));
    };
    SECTION("it is his own release") {
        rules.people.front().name = "developer_name";
        told("v1.2.3 — ваш собственный релиз");
    }
    SECTION("too few may approve it") {
        rules.approvers = {k_qa};
        rules.quorum = 2;
        told("меньше, чем нужно одобрений");
    }
    SECTION("he is not among the approvers") {
        rules.approvers = {k_qa_two};
        told("среди них нет");
    }
}

TEST_CASE("what is outrun is not decided on, and lies behind its history") {
    DialogWorld world;
    const auto old = world.make("v1.2.3");
    world.stage(old);
    world.press_data(k_qa, "cn:" + std::to_string(old));
    const auto before = world.message;
    const auto id = world.make("v1.2.4");
    world.stage(id);
    world.press(k_qa, "✅ Подтвердить"); // of the message that nobody edited yet
    CHECK(holds(world.transcript, "Релиз v1.2.3 обогнан: v1.2.4"));
    world.message = before;
    world.press_data(k_qa, "An:" + std::to_string(old) + ":" + bot::short_commit(k_commit) + "+1");
    CHECK(world.status(old) == "manual_testing");
    world.press_data(k_qa, "la:0");
    CHECK(holds(drawn(world.message), "Tag: v1.2.4"));
    CHECK_FALSE(holds(drawn(world.message), "1/2"));
    world.press(k_qa, "📈 История");
    world.press(k_qa, "⏭️ Обогнанные релизы");
    CHECK(holds(drawn(world.message), "⏭️ Обогнан: v1.2.4"));
    world.press(k_qa, "📈 История");
    world.press(k_qa, "Назад");
    world.stage(old); // stage serves it again
    world.press(k_qa, "🔄 Обновить");
    CHECK(holds(drawn(world.message), "Tag: v1.2.4")); // by now that one is outrun
    world.press_data(k_qa, "cn:" + std::to_string(old));
    CHECK(holds(drawn(world.message), "[✅ Подтвердить] [❌ Отклонить]"));
    check_golden("outrun", world.transcript);
}
