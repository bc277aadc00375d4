#include "lib/telegram/text.hpp"
#include "tests/support/catch.hpp"

using namespace loomrel::telegram;

TEST_CASE("HTML's own characters are escaped, everything else stays") {
    CHECK(escape_html("a<b>&\"c\"'d'") == "a&lt;b&gt;&amp;&quot;c&quot;'d'");
    CHECK(escape_html("два\nряда") == "два\nряда");
    CHECK(escape_line("два\nряда") == "два ряда");
    CHECK(escape_html("\x1b[31mred\x1b[0m\u202Eevil") == "redevil");
    CHECK(plain_of("<b>a</b> &lt;i&gt; &amp;amp; <a href=\"x\">y</a>") == "a <i> &amp; y");
}

TEST_CASE("what is escaped says the same again without tags") {
    for (const std::string text : {"&lt;", "<script>", "a & b", "\"", "&&amp;<<", "v1.2.3<&>"}) {
        CHECK(plain_of(escape_html(text)) == text);
    }
}

TEST_CASE("lengths are Telegram's: UTF-16 units") {
    CHECK(utf16_length("abc") == 3);
    CHECK(utf16_length("привет") == 6);
    CHECK(utf16_length("🚀") == 2);
    CHECK(utf16_length("🏷️") == 3);
    CHECK(utf16_length("\xff\xfe") == 2);
}

TEST_CASE("texts are cut on a character and say so") {
    CHECK(cut_utf16("привет", 6) == "привет");
    CHECK(cut_utf16("привет", 5) == "прив…");
    CHECK(cut_utf16("🚀🚀🚀", 6) == "🚀🚀🚀");
    CHECK(cut_utf16("🚀🚀🚀", 5) == "🚀🚀…");
    CHECK(cut_utf16("🚀🚀🚀", 4) == "🚀…");
    CHECK(cut_utf16("ab", 1) == "…");
    CHECK(cut_utf16("ab", 0).empty());
    for (std::size_t most = 0; most < 40; ++most) {
        CHECK(utf16_length(cut_utf16("й🚀a&<ж🏷️конец текста🚀", most))
              <= most);
    }
    const std::string huge(200 * 1024, 'x');
    CHECK(utf16_length(cut_utf16(huge, 4096)) == 4096);
    CHECK(escape_line(std::string(300, '<'), 128).size() == 127 * 4 + std::string("…").size());
}
