#include "cli/actions/outputs.hpp"
#include "lib/base/random.hpp"
#include "lib/base/text.hpp"
#include "tests/support/catch.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <system_error>

using namespace loomrel;
namespace github = cli::github;

namespace {

struct TemporaryFile {
    TemporaryFile() { std::filesystem::create_directory(folder); }

    ~TemporaryFile() { std::filesystem::remove_all(folder); }

    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    void put(const std::string& text) const { std::ofstream(path, std::ios::binary) << text; }

    [[nodiscard]] std::string text() const {
        std::ifstream file(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("loomrel-github-" + random_hex(8));
    std::filesystem::path path = folder / "file";
};

// As actions/runner reads GITHUB_OUTPUT: whichever of "=" and "<<" comes first in a line decides.
std::map<std::string, std::string> read_outputs(const std::string& text) {
    std::map<std::string, std::string> outputs;
    const std::vector<std::string_view> lines = split(text, '\n');
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const std::size_t equals = lines[i].find('=');
        const std::size_t heredoc = lines[i].find("<<");
        if (heredoc < equals) {
            const std::string name(lines[i].substr(0, heredoc));
            const std::string_view delimiter = lines[i].substr(heredoc + 2);
            std::string value;
            for (++i; lines.at(i) != delimiter; ++i) {
                value += std::string(lines[i]) + '\n';
            }
            value.resize(value.empty() ? 0 : value.size() - 1);
            outputs[name] = value;
        } else if (equals != std::string_view::npos) {
            outputs[std::string(lines[i].substr(0, equals))] = lines[i].substr(equals + 1);
        }
    }
    return outputs;
}

} // namespace

TEST_CASE("outputs come back as they were, whatever is in them") {
    const TemporaryFile file;
    file.put("earlier=1"); // without its newline
    const github::Outputs outputs{{"release_id", "42"},
                                  {"status", "manual_testing"},
                                  {"empty", ""},
                                  {"lines", "a\nevil=1\nlog<<EOF\nEOF\n"},
                                  {"log", "/var/log/deployments/loom-content/v1.2.3.log"}};
    github::append_outputs(file.path, outputs);
    github::append_outputs(file.path, {{"commit", "abc"}});
    std::map<std::string, std::string> expected(outputs.begin(), outputs.end());
    expected["earlier"] = "1";
    expected["commit"] = "abc";
    CHECK(read_outputs(file.text()) == expected);
}

TEST_CASE("a value that guessed the delimiter gets another one") {
    const TemporaryFile file;
    int asked = 0;
    const auto token = [&asked] { return ++asked == 1 ? std::string("guessed") : "fresh"; };
    github::append_outputs(file.path, {{"a", "x\nloomrel-guessed\nb=2"}}, token);
    CHECK(file.text() == "a<<loomrel-fresh\nx\nloomrel-guessed\nb=2\nloomrel-fresh\n");
}

TEST_CASE("outputs that GitHub would refuse are not written") {
    const TemporaryFile file;
    file.put("earlier=1\n");
    CHECK_THROWS_AS(github::append_outputs(file.path, {{"a=b", "x"}}), std::invalid_argument);
    CHECK_THROWS_AS(github::append_outputs(file.path, {{"", "x"}}), std::invalid_argument);
    CHECK_THROWS_AS(github::append_outputs(file.path, {{"1a", "x"}}), std::invalid_argument);
    const std::string large(1024 * 1024, 'x');
    CHECK_THROWS_AS(github::append_outputs(file.path, {{"ok", "1"}, {"large", large}}),
                    std::length_error);
    CHECK(file.text() == "earlier=1\n");
    CHECK_THROWS_AS(github::append_outputs(file.folder / "no" / "file", {{"a", "b"}}),
                    std::system_error);
}

TEST_CASE("the summary never grows beyond what GitHub takes, and is cut between characters") {
    const TemporaryFile file;
    github::append_summary(file.path, "### first\n");
    std::string large;
    while (large.size() < 2 * 1024 * 1024) {
        large += "журнал ";
    }
    github::append_summary(file.path, large);
    const std::string text = file.text();
    CHECK(text.size() <= 1024 * 1024);
    CHECK(text.size() > 1024 * 1024 - 16);
    CHECK(text.starts_with("### first\nжурнал "));
    CHECK(text.ends_with("\n…\n"));
    CHECK(is_valid_utf8(text));
    github::append_summary(file.path, "more");
    CHECK(file.text().size() <= 1024 * 1024);
    CHECK_THROWS_AS(github::append_summary(file.folder / "no" / "file", "x"), std::system_error);
}

TEST_CASE("foreign text in the summary is only text") {
    CHECK(github::markdown_text("v1.2.3 | <b>*x*</b>\n@all https://x [a](b) `c` \\ &amp; ~~d~~")
          == R"(v1.2.3 \| \<b\>\*x\*\<\/b\> \@all https\:\/\/x \[a\]\(b\) \`c\` \\ \&amp\; )"
             R"(\~\~d\~\~)");
    CHECK(github::markdown_text("Сборка ✅ \x1b[1mжирно") == "Сборка ✅ жирно");
    CHECK(github::markdown_heading("stage: v1") == "### stage\\: v1\n\n");
}

TEST_CASE("a table has a row a step, a fence is longer than any within") {
    CHECK(github::markdown_table({{"Шаг", "Время"}, {"✅ Сборка", "1,2 с"}, {"a|b"}})
          == "| Шаг | Время |\n|---|---|\n| ✅ Сборка | 1\\,2 с |\n| a\\|b |  |\n\n");
    CHECK(github::markdown_code("a\n```\nb") == "````text\na\n```\nb\n````\n\n");
    CHECK(github::markdown_code("a\n") == "```text\na\n```\n\n");
}
