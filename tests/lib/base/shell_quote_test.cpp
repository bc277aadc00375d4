#include "lib/base/shell_quote.hpp"
#include "tests/support/catch.hpp"

#include <array>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <vector>

using namespace loomrel;

namespace {

std::string printed_by_sh(const std::string& command) {
    std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    REQUIRE(pipe);
    std::string out;
    std::array<char, 4096> buffer{};
    while (const std::size_t got = fread(buffer.data(), 1, buffer.size(), pipe.get())) {
        out.append(buffer.data(), got);
    }
    return out;
}

} // namespace

TEST_CASE("plain words stay readable") {
    for (const std::string word :
         {"v1.2.3-rc.1", "refs/tags/v1", "a_b", "user@host:22", "--tag", "50%", "a+b,c"}) {
        CHECK(shell_quote(word) == word);
    }
}

TEST_CASE("everything else is quoted") {
    CHECK(shell_quote("") == "''");
    CHECK(shell_quote("a b") == "'a b'");
    CHECK(shell_quote("it's") == "'it'\\''s'");
    CHECK(shell_quote("A=1") == "'A=1'");
    CHECK(shell_quote("~") == "'~'");
    CHECK(shell_quote("ветка") == "'ветка'");
    CHECK_THROWS_AS(shell_quote(std::string_view("a\0b", 3)), std::invalid_argument);
}

TEST_CASE("a real sh gives back every word that was quoted, byte by byte") {
    std::vector<std::string> words{"",
                                   " ",
                                   "'",
                                   "''",
                                   "\\",
                                   "\\'",
                                   "'\\''",
                                   "\"",
                                   "$(id)",
                                   "`id`",
                                   "${IFS}",
                                   "$HOME",
                                   "a;rm -rf /",
                                   "a|b",
                                   "a&b",
                                   "!!",
                                   "*",
                                   "?",
                                   "[a-z]",
                                   "{a,b}",
                                   "~root",
                                   "#c",
                                   "-n",
                                   "-e",
                                   "--",
                                   "a\nb",
                                   "\n",
                                   "\n\n",
                                   "tab\there",
                                   "\r\n",
                                   "A=1",
                                   "if",
                                   "<x",
                                   ">x",
                                   "(",
                                   ")",
                                   "%s",
                                   "\\n",
                                   "\xFF\xFE",
                                   "тест ✅",
                                   "a'b\"c`d$e\\f",
                                   std::string(20000, '\'')};
    std::string every;
    for (int byte = 1; byte < 256; ++byte) {
        words.emplace_back(1, static_cast<char>(byte));
        every += static_cast<char>(byte);
    }
    words.push_back(every);
    words.push_back(every + every);
    std::string wanted;
    std::string out;
    for (const std::string& word : words) {
        wanted += word + "\x01";
        out += printed_by_sh("printf '%s\\001' " + shell_quote(word));
    }
    CHECK(out == wanted);
}
