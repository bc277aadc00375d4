#include "lib/base/text.hpp"
#include "lib/terminal/output_lines.hpp"
#include "lib/terminal/view_text.hpp"
#include "tests/support/catch.hpp"

using namespace loomrel;
using terminal::OutputLines;

namespace {

struct Collected {
    explicit Collected(const Redactor* redactor = nullptr)
        : lines(redactor,
                {[this](const std::string& line) { all.push_back(line); },
                 [this](const std::string& text) { progress.push_back(text); }}) {}

    std::vector<std::string> all;
    std::vector<std::string> progress;
    OutputLines lines;
};

using Lines = std::vector<std::string>;

} // namespace

TEST_CASE("output cut anywhere gives the same lines") {
    Redactor redactor;
    redactor.add(Secret("hunter-2024"));
    const std::string output =
        "Собираем 🏷️\x1b[1;31mкрасное\x1b[0m\r\nпароль hunter-2024 "
        "тут\n"
        "\n\xff\xd0 не UTF-8\nбез конца строки";
    const Lines expected{"Собираем 🏷️красное",
                         "пароль ******** тут",
                         "",
                         "\uFFFD\uFFFD не UTF-8",
                         "без конца строки"};
    for (std::size_t first = 0; first <= output.size(); ++first) {
        Collected collected(&redactor);
        collected.lines.feed(output.substr(0, first));
        collected.lines.feed(output.substr(first));
        collected.lines.flush();
        CHECK(collected.all == expected);
    }
    Collected bytewise(&redactor);
    for (const char byte : output) {
        bytewise.lines.feed({&byte, 1});
    }
    bytewise.lines.flush();
    CHECK(bytewise.all == expected);
}

TEST_CASE("a secret does not hide behind escape sequences") {
    Redactor redactor;
    redactor.add(Secret("hunter-2024"));
    Collected collected(&redactor);
    collected.lines.feed("a hun\x1b[0mter-2024 b\na hunter\x01-2024 b\n");
    CHECK(collected.all == Lines{"a ******** b", "a ******** b"});
}

TEST_CASE("a carriage return begins the line anew") {
    Collected collected;
    collected.lines.feed("10%\r50%\r");
    collected.lines.feed("100%\r\ndone\r\n");
    CHECK(collected.all == Lines{"100%", "done"});
    CHECK(collected.progress == Lines{"10%", "50%"});
}

TEST_CASE("a line that is too long is cut on a character's border, the next one is whole") {
    for (std::size_t shift = 0; shift < 4; ++shift) {
        Collected collected;
        std::string line(shift, 'x');
        while (line.size() < 3 * OutputLines::k_line_bytes) {
            line += "ж";
        }
        collected.lines.feed(line);
        collected.lines.feed(line + "\nnext\n");
        REQUIRE(collected.all.size() == 2);
        CHECK(collected.all[0].size() <= OutputLines::k_line_bytes);
        CHECK(collected.all[0].size() > OutputLines::k_line_bytes - 8);
        CHECK(collected.all[0].ends_with("ж…"));
        CHECK(collected.all[1] == "next");
    }
}

TEST_CASE("the tail is the last lines, and how many there were before") {
    Collected collected;
    for (int i = 1; i <= 50; ++i) {
        collected.lines.feed(std::to_string(i) + "\n");
    }
    CHECK(collected.lines.tail().lines.size() == OutputLines::k_tail_lines);
    CHECK(collected.lines.tail().lines.front() == "31");
    CHECK(collected.lines.tail().lines.back() == "50");
    CHECK(collected.lines.tail().left_out == 30);
    collected.lines.clear_tail();
    CHECK(collected.lines.tail().lines.empty());
    CHECK(collected.lines.tail().left_out == 0);
}

TEST_CASE("durations are short") {
    using terminal::duration_text;
    const auto ms = [](int count) { return Milliseconds{count}; };
    CHECK(duration_text(Language::ru, ms(0)) == "0,0 с");
    CHECK(duration_text(Language::en, ms(1249)) == "1.2 s");
    CHECK(duration_text(Language::en, ms(1250)) == "1.3 s");
    CHECK(duration_text(Language::en, ms(59949)) == "59.9 s");
    CHECK(duration_text(Language::en, ms(59999)) == "1 min 00 s");
    CHECK(duration_text(Language::en, ms(60000)) == "1 min 00 s");
    CHECK(duration_text(Language::ru, ms(125900)) == "2 мин 05 с");
    CHECK(duration_text(Language::ru, ms(3599900)) == "59 мин 59 с");
    CHECK(duration_text(Language::en, ms(3600000)) == "1 h 00 min");
    CHECK(duration_text(Language::ru, ms(4260000)) == "1 ч 11 мин");
}

TEST_CASE("texts are cut and padded by columns, not by bytes") {
    using terminal::cut_columns;
    CHECK(cut_columns("сборка", 6) == "сборка");
    CHECK(cut_columns("сборка", 5) == "сбор…");
    CHECK(cut_columns("сборка", 1) == "…");
    CHECK(cut_columns("сборка", 0).empty());
    CHECK(cut_columns("✅✅✅", 5) == "✅✅…");
    CHECK(cut_columns("✅✅✅", 4) == "✅…");
    CHECK(cut_columns("🏷️🏷️", 3) == "🏷️…");
    for (std::size_t columns = 0; columns < 30; ++columns) {
        CHECK(display_width(
                  cut_columns("🏷️ Переключаемся на тег ✅ v1", columns))
              <= columns);
    }
    CHECK(terminal::pad_columns("✅", 4) == "✅  ");
    CHECK(terminal::pad_columns("сборка", 3) == "сборка");
}
