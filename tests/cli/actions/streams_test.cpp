#include "lib/base/text.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>

using namespace loomrel;
using cli::ExitCode;
using test::CommandWorld;

namespace {

// What the runner would act upon: commands outside of stop-commands … token.
std::vector<std::string> obeyed(const std::string& text) {
    std::vector<std::string> commands;
    std::string token;
    for (const std::string_view line : split(text, '\n')) {
        const std::string_view seen = trim(line);
        if (!token.empty()) {
            if (seen == "::" + token + "::") {
                token.clear();
            }
        } else if (seen.starts_with("::stop-commands::")) {
            token = seen.substr(17);
        } else if (seen.starts_with("::") || line.find("##[") != std::string_view::npos) {
            commands.emplace_back(seen);
        }
    }
    return commands;
}

} // namespace

TEST_CASE("GitHub is told every secret, and each line of one, before anything else") {
    CommandWorld world;
    world.in_actions();
    world.outside.load_config = config::Config::load;
    world.outside.working_directory = std::filesystem::temp_directory_path();
    world.outside.environment["LOOMREL_STORE"] = "sqlite:///nowhere.db";
    world.outside.environment["LOOMREL_ENV_SERVERS"] =
        "STAGE_HOST=127.0.0.1\nSTAGE_PORT=1\nSTAGE_PASSWORD=a-secret-word\n"
        "pusher_HOST=127.0.0.1\npusher_PORT=1\npusher_KEY=\"first-line-of-it\nsecond-line-of-"
        "it\"\n";
    CHECK(world.run({"stage-deploy", "--json"}) == ExitCode::no_host);
    const std::string& err = world.io.err_text;
    CHECK(err.starts_with("::add-mask::"));
    const std::size_t rest = err.find("\n", err.rfind("\n::add-mask::") + 1);
    for (const char* secret : {"a-secret-word", "first-line-of-it", "second-line-of-it"}) {
        CHECK(err.find(std::string("::add-mask::") + secret + "\n") < rest);
        CHECK(err.find(secret, rest) == std::string::npos);
        CHECK(world.io.out_text.find(secret) == std::string::npos);
    }
    // Once each.
    const std::size_t first = err.find("::add-mask::a-secret-word\n");
    CHECK(err.find("::add-mask::a-secret-word\n", first + 1) == std::string::npos);
}

TEST_CASE("No text of ours can be taken for a command by GitHub's runner") {
    CommandWorld world;
    const std::string hostile = "fine\n  ::error::no\n\t::add-path::/tmp\nx ##[error]no\nlast";
    {
        auto services = world.services();
        services.out(hostile);
        CHECK(world.io.out_text == hostile);
    }
    world.in_actions();
    world.io.out_text.clear();
    auto services = world.services();
    services.out(hostile);
    CHECK(obeyed(world.io.out_text).empty());
    CHECK(world.io.out_text.find(hostile) != std::string::npos);
    services.note(hostile);
    CHECK(obeyed(world.io.err_text).empty());
    // Each time another token: one that was seen is of no use.
    const std::string before = world.io.out_text;
    world.io.out_text.clear();
    services.out(hostile);
    CHECK(before != world.io.out_text);
    // What is harmless comes as it is, so that scripts can take it.
    world.io.out_text.clear();
    services.out("17\n");
    CHECK(world.io.out_text == "17\n");
}

TEST_CASE("JSON keeps its meaning and holds none of the runner's older commands") {
    CommandWorld world;
    world.in_actions();
    auto services = world.services();
    const std::string said = "##[error]no ###[x] #[ ##";
    services.out_json({{"line", said}});
    CHECK(world.io.out_text.find("##[") == std::string::npos);
    CHECK(nlohmann::json::parse(world.io.out_text)["line"] == said);
}
