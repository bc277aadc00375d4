#include "lib/base/text.hpp"
#include "tests/support/catch.hpp"

using namespace loomrel;

TEST_CASE("trim takes blanks off both ends and nothing from the middle") {
    CHECK(trim("  a b \t\r\n") == "a b");
    CHECK(trim("") == "");
    CHECK(trim(" \n ") == "");
}

TEST_CASE("split keeps empty parts and join undoes it") {
    CHECK(split("a,,b", ',') == std::vector<std::string_view>{"a", "", "b"});
    CHECK(split("", ',') == std::vector<std::string_view>{""});
    CHECK(split("a,", ',') == std::vector<std::string_view>{"a", ""});
    CHECK(join({"a", "", "b"}, ", ") == "a, , b");
    CHECK(join({}, ",").empty());
}

TEST_CASE("to_lower changes ASCII letters only") {
    CHECK(to_lower("AbZ-Ж") == "abz-Ж");
}

TEST_CASE("parse_integer takes a whole number and nothing else") {
    CHECK(parse_integer("0") == 0);
    CHECK(parse_integer("-17") == -17);
    CHECK(parse_integer("9223372036854775807") == INT64_MAX);
    for (const char* bad :
         {"", "-", "+1", " 1", "1 ", "1x", "0x10", "1.0", "9223372036854775808"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_integer(bad));
    }
}

TEST_CASE("is_valid_utf8 refuses overlong forms, surrogates and cut characters") {
    CHECK(is_valid_utf8(""));
    CHECK(is_valid_utf8("тест ✅ 🚀 \xF4\x8F\xBF\xBF"));
    for (const char* bad : {"\x80",
                            "\xC0\xAF",
                            "\xC1\xBF",
                            "\xE0\x80\xAF",
                            "\xED\xA0\x80",
                            "\xF0\x80\x80\x80",
                            "\xF4\x90\x80\x80",
                            "\xF5\x80\x80\x80",
                            "\xD0",
                            "\xE2\x9C",
                            "\xF0\x9F\x9A",
                            "a\xFF"}) {
        CAPTURE(bad);
        CHECK_FALSE(is_valid_utf8(bad));
    }
}

TEST_CASE("sanitize takes out what a terminal would obey") {
    CHECK(sanitize("plain\ttext\ntwo") == "plain\ttext\ntwo");
    CHECK(sanitize("\x1b[31mred\x1b[0m") == "red");
    CHECK(sanitize("\x1b[2J\x1b[1;1Hgone") == "gone");
    CHECK(sanitize("\x1b]0;title\x07"
                   "a\x1b]8;;http://x\x1b\\b")
          == "ab");
    CHECK(sanitize("\x1bPq#0;2\x1b\\a\x1b_apc\x1b\\b\x1b^pm\x1b\\c\x1bXsos\x1b\\d") == "abcd");
    CHECK(sanitize("\x1b(B\x1b=\x1b"
                   "7a\x1b"
                   "cb")
          == "ab");
    CHECK(sanitize("\xC2\x9B"
                   "31mred\xC2\x9D"
                   "0;t\xC2\x9Cx")
          == "redx");
    CHECK(sanitize("a\rb\x08"
                   "c\x7f\x01"
                   "d\r\n")
          == "abcd\n");
    CHECK(sanitize(std::string_view("a\0b", 3)) == "ab");
}

TEST_CASE("a sequence that is taken out never uncovers another one") {
    CHECK(sanitize("\x1b\x1b[31m[31mred") == "[31mred");
    CHECK(sanitize("\x1b[3\x1b[1m1mx") == "1mx");
    CHECK(sanitize("\x1b[\xC2\x9B"
                   "31mx")
              .find('\x1b')
          == std::string::npos);
}

TEST_CASE("a sequence that is never closed does not hide the next line") {
    CHECK(sanitize("a\x1b]0;evil\nFAILED") == "a\nFAILED");
    CHECK(sanitize("a\x1bPq\nFAILED") == "a\nFAILED");
    CHECK(sanitize("a\x1b[31\nFAILED") == "a\nFAILED");
    CHECK(sanitize("a\x1b\nFAILED") == "a\nFAILED");
    CHECK(sanitize("a\x1b") == "a");
}

TEST_CASE("sanitize takes out bidirectional overrides and what has no width") {
    CHECK(sanitize("a\u202Eb\u2066c\u2069d\u200Ee\u061Cf") == "abcdef");
    CHECK(sanitize("a\u200Bb\u200Cc\u200Dd\u2060e\uFEFFf\u00ADg") == "abcdefg");
    CHECK(sanitize("a\u2028b\u2029c") == "abc");
    CHECK(sanitize("x\U000E0041\U000E007Fy") == "xy");
    CHECK(sanitize("⬅️ 🚀 ёж") == "⬅️ 🚀 ёж");
}

TEST_CASE("sanitize replaces every broken character once") {
    CHECK(sanitize("a\xFF"
                   "b")
          == "a\uFFFDb");
    CHECK(sanitize("a\xE2\x9C"
                   "b")
          == "a\uFFFDb");
    CHECK(sanitize("\xED\xA0\x80") == "\uFFFD\uFFFD\uFFFD");
    CHECK(is_valid_utf8(sanitize("\xC0\xAF\xF4\x90\x80\x80\x80")));
    // A raw 0x9B is no CSI in UTF-8: it must not swallow what follows.
    CHECK(sanitize("\x9B"
                   "31mx")
          == "\uFFFD31mx");
}

TEST_CASE("whatever the bytes, the result of sanitize is clean and stays as it is") {
    std::string all;
    for (int first = 0; first < 256; ++first) {
        for (int second = 0; second < 256; ++second) {
            const std::string pair{static_cast<char>(first), static_cast<char>(second), 'x'};
            const std::string clean = sanitize(pair);
            REQUIRE(is_valid_utf8(clean));
            REQUIRE(clean.find_first_of("\x1b\r\x7f\x07\b") == std::string::npos);
            REQUIRE(sanitize(clean) == clean);
            all += pair;
        }
    }
    const std::string clean = sanitize(all);
    CHECK(is_valid_utf8(clean));
    CHECK(sanitize(clean) == clean);
}

TEST_CASE("sanitize_line leaves one line") {
    CHECK(sanitize_line("a\nb\tc\r\nd") == "a b c d");
    CHECK(sanitize_line("a\x1b]0;t\nb") == "a b");
}

TEST_CASE("cut_bytes never cuts a character") {
    CHECK(cut_bytes("abc", 5) == "abc");
    CHECK(cut_bytes("abc", 2) == "ab");
    CHECK(cut_bytes("яя", 3) == "я");
    CHECK(cut_bytes("🚀🚀", 7) == "🚀");
    CHECK(cut_bytes("🚀", 3) == "");
    CHECK(cut_bytes("a✅", 1) == "a");
    const std::string text = "Деплой ✅🚀 готов";
    for (std::size_t limit = 0; limit <= text.size(); ++limit) {
        CHECK(is_valid_utf8(cut_bytes(text, limit)));
        CHECK(cut_bytes(text, limit).size() + 3 >= limit);
    }
    CHECK(cut_bytes(std::string(10, '\x80'), 5).size() <= 5);
}

TEST_CASE("display_width counts columns, not bytes") {
    CHECK(display_width("abc") == 3);
    CHECK(display_width("Релиз") == 5);
    CHECK(display_width("🚀") == 2);
    CHECK(display_width("✅") == 2);
    CHECK(display_width("🧪 x") == 4);
    CHECK(display_width("⬅️") == 2);
    CHECK(display_width("漢字") == 4);
    CHECK(display_width("e\u0301") == 1);
    CHECK(display_width("") == 0);
}

TEST_CASE("did_you_mean finds slips of the finger and leaves strangers alone") {
    const std::vector<std::string> known{"release", "rollback", "status", "logs", "db", "config"};
    CHECK(did_you_mean("relaese", known) == "release");
    CHECK(did_you_mean("rolback", known) == "rollback");
    CHECK(did_you_mean("STATUS", known) == "status");
    CHECK(did_you_mean("stat", known) == "status");
    CHECK(did_you_mean("bd", known) == "db");
    CHECK_FALSE(did_you_mean("kubernetes", known));
    CHECK_FALSE(did_you_mean("x", known));
    CHECK_FALSE(did_you_mean("", known));
    CHECK_FALSE(did_you_mean("release", {}));
}
