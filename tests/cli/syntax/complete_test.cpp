#include "cli/commands/commands.hpp"
#include "cli/syntax/complete.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"
#include "tests/support/text.hpp"

using namespace loomrel;
using cli::ExitCode;
using test::CommandWorld;
using test::has;

namespace {

std::string offered(const std::vector<std::string>& words, Language language = Language::en) {
    const cli::CommandTree program;
    std::string lines;
    for (const auto& one : cli::complete(program, words, language).candidates) {
        lines += one.word + "\n";
    }
    return lines;
}

} // namespace

TEST_CASE("commands, flags and fixed values are completed") {
    CHECK(has(offered({""}), "release\n"));
    CHECK(offered({"rele"}) == "release\n");
    CHECK(has(offered({"release", ""}), "create\n"));
    CHECK(has(offered({"release", ""}), "events\n"));
    CHECK_FALSE(has(offered({"release", ""}), "completion"));
    CHECK(offered({"release", "patch", "5", "--sta"}) == "--status\n");
    CHECK(has(offered({"release", "patch", "5", "--status", "man"}), "manual_testing\n"));
    CHECK(offered({"--lang", ""}) == "ru\nen\n");
    CHECK(offered({"release", "list", "--service", ""}).empty());
    CHECK(has(offered({"completion", ""}), "fish\n"));
    CHECK(offered({"completion", "bash", ""}).empty());
    CHECK(offered({"no-such-command", "rele"}) == "release\n");
}

TEST_CASE("the value of a flag is no command, and a flag's value may follow its sign") {
    CHECK(offered({"--config", "list", "release", "li"}) == "list\n");
    CHECK(offered({"--config=list", "release", "li"}) == "list\n");
    CHECK(offered({"--lang=r"}) == "--lang=ru\n");
    CHECK(offered({"--lang", "=", "r"}) == "ru\n");
    CHECK(offered({"--lang", "="}) == "ru\nen\n");
    CHECK(offered({"--lang", "=", "ru", "rele"}) == "release\n");
    CHECK(offered({"release", "list", "--", "--"}).empty());
}

TEST_CASE("where a file is wanted, a file is asked for") {
    const cli::CommandTree program;
    CHECK(cli::complete(program, {"--config", ""}, Language::en).files);
    CHECK_FALSE(cli::complete(program, {"--lang", ""}, Language::en).files);
    CHECK(cli::complete(program, {"--config", ""}, Language::en).text() == ":files\n");
}

TEST_CASE("completion needs neither configuration nor ledger") {
    CommandWorld world;
    CHECK(world.run({"completion", "bash"}) == ExitCode::ok);
    CHECK(has(world.io.out_text, "complete -F _loomrel loomrel"));
    CHECK(world.run({"__complete", "--nonsense", "stage-d"}) == ExitCode::ok);
    CHECK(has(world.io.out_text, "stage-deploy\t"));
    CHECK(world.run({"__complete"}) == ExitCode::ok);
    CHECK(has(world.io.out_text, "release\t"));
    CHECK(world.config_loads == 0);
}
