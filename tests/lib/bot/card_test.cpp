#include "lib/bot/card.hpp"
#include "lib/bot/event_words.hpp"
#include "lib/bot/notice_text.hpp"
#include "lib/bot/rollback_screens.hpp"
#include "tests/lib/bot/bot_world.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

using namespace loomrel;
using namespace loomrel::test;
using bot::Origin;

namespace {

// The picture in spec.ru.md that begins with this line.
std::string picture(const std::string& first_line) {
    const std::string spec = read_whole(LOOMREL_SOURCE_DIR "/tests/lib/messages/spec.ru.md");
    const std::size_t start = spec.find("```\n" + first_line + "\n");
    REQUIRE(start != std::string::npos);
    const std::size_t from = start + 4;
    return spec.substr(from, spec.find("\n```", from) - from);
}

// Without what we add to the spec's picture: history and pages, and what is approved.
telegram::Text as_drawn(telegram::Text text) {
    std::erase_if(text.keyboard, [](const auto& row) {
        return row.front().text.find("История") != std::string::npos || row.size() == 3;
    });
    text.html = text.html.substr(0, text.html.find("\n\n🔖"));
    return text;
}

} // namespace

TEST_CASE("the main menu is the spec's, letter by letter") {
    const config::Config config = bot_config();
    const bot::Context context{config, at("15.03.2024 14:45")};
    std::string expected = picture("🤖 Release Bot");
    expected.replace(expected.find("{name}"), 6, "Аня");
    CHECK(drawn(bot::menu(context, "Аня"), "\n") == expected);
}

TEST_CASE("an active release is the spec's, letter by letter") {
    const config::Config config = bot_config();
    const release::Release release = spec_release();
    bot::Page page{Origin::active, &release, {}};
    const auto text = bot::list_page({config, at("15.03.2024 14:45")}, page);
    CHECK(drawn(as_drawn(text)) == picture("🚀 Активные релизы"));
}

TEST_CASE("a card says where its status is a script's word only") {
    const config::Config config = bot_config();
    release::Release release = spec_release();
    bot::Page page{Origin::active, &release, {}};
    const auto shown = [&] { return bot::list_page({config, at("15.03.2024 14:45")}, page).html; };
    CHECK(shown().find("со слов скрипта") == std::string::npos);
    release.unverified = true;
    CHECK(
        shown().find("🔄 Статус: 🧪 Ручное тестирование (со слов "
                     "скрипта)\n")
        != std::string::npos);
}

TEST_CASE("a successful release is the spec's, letter by letter") {
    const config::Config config = bot_config();
    release::Release release = spec_release();
    release.release_tag = "v1.2.2";
    release.status = "deployed";
    release.created_at = at("14.03.2024 10:00");
    release.completed_at = at("14.03.2024 10:45");
    bot::Page page{Origin::successful, &release, {}};
    const bot::Context context{config, at("15.03.2024 14:45"), true};
    CHECK(drawn(as_drawn(bot::list_page(context, page))) == picture("✅ Успешные релизы"));
    CHECK(drawn(bot::list_page({config, at("15.03.2024 14:45"), false}, page)).find("⏪")
          == std::string::npos);
}

TEST_CASE("the last question before a rollback is the spec's, letter by letter") {
    const config::Config config = bot_config();
    const release::Release release = spec_release();
    const bot::Standing standing{"v1.2.3", {{"v1.2.2", at("14.03.2024 10:45")}}};
    const bot::Context context{config, at("15.03.2024 14:45"), true};
    const auto text = bot::rollback_question(
        context, Origin::successful, release, standing, standing.kept.front());
    CHECK(drawn(text) == picture("⚠️ Подтверждение отката"));
}

TEST_CASE("a release ready for testing is told in the spec's words, letter by letter") {
    const config::Config config = bot_config();
    const release::Release release = spec_release();
    store::Notice notice;
    notice.id = 5;
    notice.kind = "event";
    notice.release_id = 17;
    notice.event_id = 42;
    notice.event = release::Event{at("15.03.2024 14:31"),
                                  "stage_deploy",
                                  "manual_testing",
                                  "developer_name",
                                  "journal",
                                  "{}"};
    const auto text = bot::render(notice, {config, &release, {}});
    REQUIRE(text);
    CHECK(text->calls);
    CHECK(text->environment == "stage");
    CHECK(drawn(text->text)
          == picture("🚀 Новый релиз готов к тестированию")
                 + "\n\n🔖 Коммит: 01234567\nℹ️ Что работает на stage — "
                   "по "
                   "словам "
                   "CI"
                   "\n\n#r17 #e42\n\n[✅ Подтвердить] [❌ Отклонить]");
}

TEST_CASE("every button fits into 64 bytes, whatever the release is called") {
    const config::Config config = bot_config();
    release::Release release = spec_release();
    release.id = INT64_MAX;
    release.service_name = std::string(63, 's');
    release.release_tag = "v1.2.3-" + std::string(120, 'x');
    const bot::Context context{config, at("15.03.2024 14:45"), true};
    bot::Standing standing{"v1.2.3", {}};
    for (int i = 0; i < 20; ++i) {
        standing.kept.push_back({release.release_tag + std::to_string(i), std::nullopt});
    }
    bot::Page page{Origin::active, &release, {}, 500, 1000, true};
    for (const auto& text :
         {bot::menu(context, "x"),
          bot::list_page(context, page),
          bot::approve_question(context, Origin::notice, release, {}),
          bot::reject_question(context, Origin::notice, release),
          bot::rollback_choice(context, Origin::successful, release, standing),
          bot::rollback_question(
              context, Origin::successful, release, standing, standing.kept.front())}) {
        for (const auto& row : text.keyboard) {
            for (const auto& button : row) {
                CHECK(button.data.size() <= 64);
                CHECK(bot::parse_callback(button.data));
            }
        }
    }
    CHECK(drawn(bot::list_page(context, page)).find("[⬅️] [500/1000+] [➡️]")
          != std::string::npos);
}

TEST_CASE("button data that nobody made is none") {
    for (const std::string data : {"",
                                   "a",
                                   "aa",
                                   "aa:",
                                   "aa:x",
                                   "aa:-1",
                                   "aa:17:01234567:9",
                                   "zz:17",
                                   "az:17",
                                   "aa:17:DROP",
                                   "aa:17:0123456789abcdef0123456789abcde",
                                   "aa:99999999999999999999",
                                   "aa:17:я"}) {
        CHECK_FALSE(bot::parse_callback(data));
    }
    const bot::Callback callback{bot::Action::roll_back, Origin::notice, 17, "01234567.89abcdef"};
    CHECK(bot::parse_callback(bot::to_data(callback)) == callback);
}

TEST_CASE("durations are told in words") {
    using std::chrono::minutes;
    CHECK(bot::duration(Language::ru, minutes(0)) == "0 мин");
    CHECK(bot::duration(Language::ru, minutes(-5)) == "0 мин");
    CHECK(bot::duration(Language::ru, minutes(59)) == "59 мин");
    CHECK(bot::duration(Language::ru, minutes(125)) == "2 ч 5 мин");
    CHECK(bot::duration(Language::en, minutes(60 * 24 * 3 + 61)) == "3 d 1 h");
}

TEST_CASE("links lead to the web or nowhere") {
    CHECK(bot::safe_link("https://github.com/x") == "https://github.com/x");
    for (const std::string link : {"",
                                   "javascript:alert(1)",
                                   "tg://x",
                                   "https://x\" onclick=\"",
                                   "https://a b",
                                   "https://я"}) {
        CHECK(bot::safe_link(link).empty());
    }
}

TEST_CASE("where stage serves is a link to that very address") {
    config::Inputs inputs;
    inputs.working_directory = "/nonexistent";
    inputs.environment = {{"STAGE_HOST", "192.0.2.1"},
                          {"STAGE_DOMAIN", "https://stage.example/?a=1&b=2"},
                          {"HOME", "/nonexistent"}};
    const release::Release release = spec_release();
    bot::Known known;
    known.looks = true;
    std::string shown = bot::what_is_approved(config::Config::load(inputs), release, known);
    INFO(shown);
    CHECK(shown.find("<a href=\"https://stage.example/?a=1&amp;b=2\">"
                     "https://stage.example/?a=1&amp;b=2</a>")
          != std::string::npos);
    CHECK(shown.find("по словам CI") != std::string::npos);
    inputs.environment["SSH_AUTH_SOCK"] = "/run/agent"; // may open any host
    shown = bot::what_is_approved(config::Config::load(inputs), release, known);
    CHECK(shown.find("по словам CI") == std::string::npos);
}

TEST_CASE("a word that is too long is cut between two characters") {
    const nlohmann::json detail{{"settings", {std::string(79, 'x') + "ж"}}};
    CHECK(bot::settings_in(detail) == std::vector{std::string(79, 'x')});
    CHECK(bot::event_words(Language::ru, {{"unapproved", std::string(79, 'x') + "ж"}})
          == "❗ на production без одобрения запускали " + std::string(79, 'x'));
}
