#include "cli/commands/commands.hpp"
#include "cli/syntax/completion_script.hpp"
#include "lib/base/file.hpp"
#include "lib/base/random.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"
#include "tests/support/text.hpp"

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>

using namespace loomrel;
using cli::ExitCode;
using test::CommandWorld;
using test::has;

namespace {

// What bash offers behind `line`, one a line.
std::string offered_by_bash(const std::string& line) {
    const auto file = std::filesystem::temp_directory_path() / ("loomrel-bash-" + random_hex(8));
    const bool fresh_word = line.ends_with(" ");
    write_file_atomically(file,
                          cli::completion_script(cli::CommandTree(), cli::Shell::bash, Language::en)
                              + "COMP_WORDS=(" + line + (fresh_word ? "''" : "") + ")\n"
                              + "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
                              + "_loomrel && printf '%s\\n' \"${COMPREPLY[@]}\"\n",
                          0600);
    std::unique_ptr<FILE, int (*)(FILE*)> pipe(
        popen(("bash --norc " + file.string() + " 2>&1").c_str(), "r"), pclose);
    std::string out;
    std::array<char, 4096> buffer{};
    while (const std::size_t got = fread(buffer.data(), 1, buffer.size(), pipe.get())) {
        out.append(buffer.data(), got);
    }
    std::filesystem::remove(file);
    return out;
}

} // namespace

TEST_CASE("bash completes commands, flags and fixed values") {
    CHECK(has(offered_by_bash("loomrel "), "release\n"));
    CHECK(offered_by_bash("loomrel rele") == "release\n");
    CHECK(has(offered_by_bash("loomrel release "), "create\n"));
    CHECK(has(offered_by_bash("loomrel release "), "events\n"));
    CHECK_FALSE(has(offered_by_bash("loomrel release "), "completion"));
    CHECK(offered_by_bash("loomrel --config list release li") == "list\n");
    CHECK(offered_by_bash("loomrel release patch 5 --sta") == "--status\n");
    CHECK(has(offered_by_bash("loomrel release patch 5 --status man"), "manual_testing\n"));
    CHECK(offered_by_bash("loomrel --lang ") == "ru\nen\n");
    CHECK(offered_by_bash("loomrel release list --service ") == "\n");
    CHECK(has(offered_by_bash("loomrel completion "), "fish\n"));
}

TEST_CASE("every shell's script knows every command") {
    for (const cli::Shell shell : {cli::Shell::bash, cli::Shell::zsh, cli::Shell::fish}) {
        const std::string script = cli::completion_script(cli::CommandTree(), shell, Language::ru);
        for (const char* word : {"release",
                                 "create",
                                 "patch",
                                 "migrate",
                                 "completion",
                                 "rollback-to",
                                 "manual_testing"}) {
            CHECK(has(script, word));
        }
    }
}

TEST_CASE("completion needs neither configuration nor ledger") {
    CommandWorld world;
    CHECK(world.run({"completion", "bash"}) == ExitCode::ok);
    CHECK(has(world.io.out_text, "complete -F _loomrel loomrel"));
    CHECK(world.config_loads == 0);
}
