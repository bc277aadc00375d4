#include "lib/base/text.hpp"
#include "tests/lib/messages/rows.hpp"
#include "tests/support/catch.hpp"

#include <fmt/args.h>

#include <algorithm>
#include <array>
#include <set>

using namespace loomrel;

namespace {

// Rows that are the same in both languages: the spec's own English words, names and values.
constexpr std::array<std::string_view, 6> k_without_cyrillic{"bot_card_tag",
                                                             "cli_column_id",
                                                             "exposure_not_ignored_mend",
                                                             "cli_field_ref",
                                                             "serve_telegram_trouble",
                                                             "ssh_way_agent"};
// A whole file, and a table.
constexpr std::array<std::string_view, 2> k_laid_out{"cli_release_create_plan", "init_config"};

bool has_cyrillic(std::string_view text) {
    // U+0410..U+044F in UTF-8.
    return text.find('\xd0') != std::string_view::npos
           || text.find('\xd1') != std::string_view::npos;
}

bool has_latin_word(std::string_view text) {
    bool in_argument = false;
    for (const char c : text) {
        in_argument = c == '{' || (in_argument && c != '}');
        if (!in_argument && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) {
            return true;
        }
    }
    return false;
}

std::string filled(Language language, const messages::Row& row, std::string_view value) {
    const char* text = language == Language::ru ? row.ru : row.en;
    fmt::dynamic_format_arg_store<fmt::format_context> arguments;
    const std::vector<std::string> names = test::arguments_of(text);
    for (const std::string& name : names) {
        arguments.push_back(fmt::arg(name.c_str(), value));
    }
    return messages::format(language, row.id, arguments);
}

} // namespace

TEST_CASE("every row formats with its own arguments in both languages") {
    for (const auto& [name, row] : test::named_rows()) {
        INFO(name);
        for (const Language language : {Language::ru, Language::en}) {
            std::string text;
            REQUIRE_NOTHROW(text = filled(language, row, "\x01value\x02"));
            const char* raw = language == Language::ru ? row.ru : row.en;
            const bool named = !test::arguments_of(raw).empty();
            CHECK((text.find("\x01value\x02") != std::string::npos) == named);
            CHECK_FALSE(text.empty());
        }
    }
}

TEST_CASE("a row is found under its own id") {
    const auto rows = test::named_rows();
    REQUIRE(rows.size() > 100);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        CHECK(static_cast<std::size_t>(rows[i].row.id) == i);
    }
    CHECK(messages::say(Language::ru, messages::Id::log_deploy_started, fmt::arg("tag", "v1.2.3"))
          == "🚀 Начинаем деплой тега v1.2.3");
    CHECK(messages::phrase(messages::Id::log_tag_found, fmt::arg("tag", "v1")).en
          == "✅ Tag v1 found and ready to use");
}

TEST_CASE("both languages of a row name the same arguments") {
    for (const auto& [name, row] : test::named_rows()) {
        INFO(name);
        const auto ru = test::arguments_of(row.ru);
        const auto en = test::arguments_of(row.en);
        CHECK(std::set(ru.begin(), ru.end()) == std::set(en.begin(), en.end()));
    }
}

TEST_CASE("Russian rows are in Russian and English rows are not") {
    for (const auto& [name, row] : test::named_rows()) {
        INFO(name);
        const bool exempt = std::find(k_without_cyrillic.begin(), k_without_cyrillic.end(), name)
                            != k_without_cyrillic.end();
        CHECK(has_cyrillic(row.ru) == (has_latin_word(row.en) && !exempt));
        CHECK_FALSE(has_cyrillic(row.en));
    }
}

// Lines may be indented by two; nothing else is set by blanks.
TEST_CASE("no line of a row has stray blanks") {
    for (const auto& [name, row] : test::named_rows()) {
        for (const std::string_view text : {std::string_view(row.ru), std::string_view(row.en)}) {
            INFO(name << ": " << text);
            const bool is_laid_out =
                std::find(k_laid_out.begin(), k_laid_out.end(), name) != k_laid_out.end();
            REQUIRE_FALSE(text.empty());
            CHECK(text.find_first_of("\t\r") == std::string_view::npos);
            CHECK(text.front() != '\n');
            CHECK((is_laid_out || text.back() != '\n'));
            for (std::string_view line : split(text, '\n')) {
                line.remove_prefix(line.starts_with("  ") ? 2 : 0);
                CHECK((is_laid_out || line.find("  ") == std::string_view::npos));
                CHECK((line.empty() || (line.front() != ' ' && line.back() != ' ')));
            }
        }
    }
}

TEST_CASE("a log line can stand in a shell script and is one line") {
    for (const test::NamedRow& named : test::named_rows()) {
        if (named.is_of("log_")) {
            INFO(named.name);
            for (const std::string_view text :
                 {std::string_view(named.row.ru), std::string_view(named.row.en)}) {
                CHECK(text.find_first_of("\n\r'\"$`\\%") == std::string_view::npos);
            }
        }
    }
}
