#include "lib/messages/status_texts.hpp"
#include "tests/lib/messages/rows.hpp"
#include "tests/support/catch.hpp"

#include <fstream>
#include <sstream>

// spec.ru.md beside this file is the product's specification; what it quotes is what people read.

using namespace loomrel;
using release::Status;

namespace {

using Lines = std::vector<std::string>;

Lines spec() {
    std::ifstream file(LOOMREL_TEST_DATA "/spec.ru.md");
    Lines lines;
    for (std::string line; std::getline(file, line);) {
        lines.push_back(line);
    }
    return lines;
}

// The lines from a heading that starts so to the next one of the same depth or higher.
Lines section(const std::string& heading) {
    const std::size_t depth = heading.find(' ');
    Lines found;
    bool inside = false;
    bool in_code = false;
    for (const std::string& line : spec()) {
        const std::size_t hashes = line.find_first_not_of('#');
        const bool is_heading = !in_code && hashes > 0 && hashes != std::string::npos;
        if (is_heading && inside && hashes <= depth) {
            break;
        }
        in_code = in_code != line.starts_with("```");
        if (inside) {
            found.push_back(line);
        }
        inside = inside || line.starts_with(heading);
    }
    INFO(heading);
    REQUIRE_FALSE(found.empty());
    return found;
}

// What stands in the code blocks without a language: quoted texts. With `after`, only in those
// that follow such a line at once.
Lines quoted(const Lines& lines, const std::string& after = "") {
    Lines found;
    bool inside = false;
    bool wanted = false;
    std::string before;
    for (const std::string& line : lines) {
        if (line.starts_with("```")) {
            wanted = !inside && line == "```" && (after.empty() || before == after);
            inside = !inside;
        } else if (inside && wanted && !line.empty()) {
            found.push_back(line);
        }
        before = line;
    }
    return found;
}

// "[a] [b]" as {"a", "b"}; empty if the line is not made of buttons.
Lines buttons_of(const std::string& line) {
    Lines found;
    for (std::size_t at = 0; at < line.size();) {
        const std::size_t end = line.find(']', at);
        if (line[at] != '[' || end == std::string::npos) {
            return {};
        }
        found.push_back(line.substr(at + 1, end - at - 1));
        at = end + 1 + (line.substr(end + 1, 1) == " " ? 1 : 0);
    }
    return found;
}

// The values that the spec's examples show; only they may stand for an {argument}, so that a row
// does not match by chance.
const Lines& example_values() {
    static const Lines values{"v1.2.3",
                              "v1.2.2",
                              "loom-content",
                              "developer_name",
                              "15.03.2024 14:30",
                              "14.03.2024 10:00",
                              "14.03.2024 10:45",
                              "15 мин",
                              "15",
                              "1",
                              "3",
                              "{name}",
                              messages::label(Language::ru, Status::manual_testing),
                              messages::label(Language::ru, Status::deployed)};
    return values;
}

bool matches(std::string_view pattern, std::string_view line) {
    const std::size_t open = std::min(pattern.find('{'), pattern.size());
    if (!line.starts_with(pattern.substr(0, open))) {
        return false;
    }
    pattern.remove_prefix(open);
    line.remove_prefix(open);
    if (pattern.empty()) {
        return line.empty();
    }
    const std::string_view rest = pattern.substr(pattern.find('}') + 1);
    for (const std::string& value : example_values()) {
        if (line.starts_with(value) && matches(rest, line.substr(value.size()))) {
            return true;
        }
    }
    return false;
}

// A link is drawn in the spec as [its text].
std::string with_links_drawn(std::string text) {
    const std::string open = "<a href=\"{link}\">";
    const std::size_t at = text.find(open);
    if (at != std::string::npos) {
        text.replace(at, open.size(), "[");
        text.replace(text.find("</a>"), 4, "]");
    }
    return text;
}

bool is_catalogued(const std::string& area, const std::string& line) {
    for (const test::NamedRow& named : test::named_rows()) {
        std::istringstream lines(named.is_of(area) ? with_links_drawn(named.row.ru) : "");
        for (std::string pattern; std::getline(lines, pattern);) {
            if (matches(pattern, line)) {
                return true;
            }
        }
    }
    return false;
}

// The cells of the table's rows, without its heading.
std::vector<Lines> table(const Lines& lines) {
    std::vector<Lines> rows;
    for (const std::string& line : lines) {
        if (!line.starts_with("| `")) {
            continue;
        }
        Lines cells;
        std::istringstream stream(line.substr(1));
        for (std::string cell; std::getline(stream, cell, '|');) {
            const std::size_t first = cell.find_first_not_of(" `");
            cells.push_back(cell.substr(first, cell.find_last_not_of(" `") - first + 1));
        }
        rows.push_back(cells);
    }
    return rows;
}

} // namespace

TEST_CASE("the matching of the spec's lines is strict") {
    CHECK(matches("📦 {service}", "📦 loom-content"));
    CHECK(matches("a {tag} b {tag}", "a v1.2.3 b v1.2.2"));
    CHECK_FALSE(matches("📦 {service}", "📦 Сервис: loom-content"));
    CHECK_FALSE(matches("Тег {tag}", "Тег v1.2.3!"));
    CHECK_FALSE(matches("Тег {tag}!", "Тег v1.2.3"));
    CHECK(buttons_of("[✅ Да] [Назад]") == Lines{"✅ Да", "Назад"});
    CHECK(buttons_of("🔗 GitHub Action: [Открыть]").empty());
}

TEST_CASE("every line of the spec's example log is in the catalogue") {
    const Lines log = quoted(section("### Пример лога деплоя"));
    REQUIRE(log.size() == 11);
    for (const std::string& line : log) {
        INFO(line);
        const std::size_t text = std::string("2024-03-15 14:30:00 - ").size();
        REQUIRE(line.substr(text - 3, 3) == " - ");
        CHECK(is_catalogued("log_", line.substr(text)));
    }
}

TEST_CASE("every problem that the spec quotes is in the catalogue") {
    const Lines problems = quoted(section("## 🔧 Troubleshooting"), "**Проблема:**");
    REQUIRE(problems.size() == 3);
    for (const std::string& line : problems) {
        INFO(line);
        CHECK(is_catalogued("log_", line));
    }
}

TEST_CASE("every line of the spec's notice is in the catalogue") {
    const Lines notice = quoted(section("#### 1. Получение уведомления"));
    REQUIRE(notice.size() == 5);
    for (const std::string& line : notice) {
        INFO(line);
        CHECK(is_catalogued("notice_", line));
    }
}

TEST_CASE("every line and button of the spec's bot is in the catalogue") {
    const Lines dialogs = quoted(section("## 🤖 Telegram Bot интерфейс"));
    std::size_t buttons = 0;
    std::size_t lines = 0;
    for (const std::string& line : dialogs) {
        for (const std::string& button : buttons_of(line)) {
            INFO(button);
            CHECK(is_catalogued("bot_", button));
            ++buttons;
        }
        if (buttons_of(line).empty()) {
            INFO(line);
            CHECK(is_catalogued("bot_", line));
            ++lines;
        }
    }
    CHECK(buttons == 12);
    CHECK(lines == 29);
}

TEST_CASE("every button that the spec's instructions name is in the catalogue") {
    std::size_t found = 0;
    for (const std::string& line : section("### Для QA инженеров")) {
        const bool names =
            line.find("Нажмите") != std::string::npos || line.find("Выберите") != std::string::npos;
        const std::size_t open = line.find('"');
        if (names && open != std::string::npos) {
            const std::string button = line.substr(open + 1, line.rfind('"') - open - 1);
            INFO(button);
            CHECK(is_catalogued("bot_", button));
            ++found;
        }
    }
    CHECK(found == 3);
}

TEST_CASE("what comes next by the spec's table of statuses is what people are told") {
    const std::vector<Lines> rows = table(section("### Статусы релиза"));
    REQUIRE(rows.size() == 11);
    for (const Lines& cells : rows) {
        REQUIRE(cells.size() == 3);
        INFO(cells[0]);
        const std::optional<Status> status = release::parse_status(cells[0]);
        REQUIRE(status);
        CHECK(messages::next_actions(Language::ru, *status) == cells[2]);
    }
}
