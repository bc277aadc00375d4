#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"
#include "tests/support/text.hpp"

#include <nlohmann/json.hpp>

using namespace loomrel;
using cli::ExitCode;
using nlohmann::json;
using test::CommandWorld;
using test::has;

namespace {

std::string hint_of(CommandWorld& world, std::vector<std::string> words) {
    words.insert(words.end(), {"--json", "--lang", "en"});
    CHECK(world.run(words) == ExitCode::usage);
    return json::parse(world.io.out_text)["error"]["hint"].get<std::string>();
}

} // namespace

TEST_CASE("what --json prints is JSON, help and completion included") {
    CommandWorld world;
    CHECK(world.run({"completion", "bash", "--json"}) == ExitCode::ok);
    CHECK(has(json::parse(world.io.out_text)["script"].get<std::string>(), "complete -F"));
    CHECK(world.run({"release", "--help", "--json"}) == ExitCode::ok);
    CHECK(has(json::parse(world.io.out_text)["help"].get<std::string>(), "approve"));
}

TEST_CASE("whoever types it wrong is told what to do") {
    CommandWorld world;
    CHECK(has(hint_of(world, {"release"}), "loomrel release --help"));
    CHECK(has(hint_of(world, {}), "loomrel --help"));
    CHECK_FALSE(hint_of(world, {"release", "show", "x"}).empty());
    CHECK_FALSE(hint_of(world, {"status", "--env", "prod", "--env", "stage"}).empty());
}

TEST_CASE("an empty file, ledger or commit is no other one") {
    CommandWorld world;
    for (const std::string flag : {"--config", "--env-file", "--store"}) {
        CHECK(has(hint_of(world, {"config", "show", flag, ""}), flag));
    }
    for (const std::string command : {"dev-deploy", "stage-deploy"}) {
        CHECK(has(hint_of(world, {command, "--service", "a", "--commit="}), "--commit"));
    }
    CHECK(has(hint_of(world, {"release", "create", "--commit", ""}), "--commit"));
    // The word behind it stays what it is.
    CHECK(has(hint_of(world, {"--store=", "release", "list"}), "--store"));
    CHECK(has(hint_of(world, {"release", "show", "1", "--service=", "x"}), "release show --help"));
    CHECK(world.config_loads == 0);
}

TEST_CASE("a flag that is given a value is told by its name") {
    CommandWorld world;
    CHECK(has(hint_of(world, {"rollback", "--yes=please"}), "loomrel rollback --help"));
    CHECK(has(world.io.err_text, "--yes takes no value"));
    CHECK(has(hint_of(world, {"--quiet=very", "release", "list"}), "loomrel --help"));
    CHECK(has(world.io.err_text, "--quiet takes no value"));
}

TEST_CASE("behind -- nothing is a flag") {
    CommandWorld world;
    CHECK(world.run({"release", "show", "--", "-5"}) == ExitCode::usage);
    CHECK(has(world.io.err_text, "there is no release -5"));
    CHECK(world.run({"release", "show", "--lang", "en", "--", "5", "--json"}) == ExitCode::usage);
    CHECK(has(world.io.err_text, "unexpected argument: --json"));
    CHECK(world.run({"release", "show", "-x", "--lang", "en"}) == ExitCode::usage);
    CHECK(has(world.io.err_text, "unknown flag: -x"));
}

TEST_CASE("help says which environment is meant where none is given, and what must be given") {
    CommandWorld world;
    const auto help = [&](const std::string& command) {
        CHECK(world.run({command, "--help", "--lang", "en"}) == ExitCode::ok);
        return world.io.out_text;
    };
    CHECK(has(help("rollback"), "prod (the default) or stage"));
    CHECK_FALSE(has(help("rollback"), "dev"));
    CHECK(has(help("logs"), "stage (the default)"));
    CHECK(has(help("status"), "default: stage and prod"));
    CHECK(has(help("prod-deploy"), "always wanted"));
    CHECK(has(help("stage-deploy"), "default: a new one"));
}

TEST_CASE("a relative XDG_STATE_HOME is as good as none") {
    CommandWorld world;
    world.outside.environment = {{"XDG_STATE_HOME", "state"}, {"HOME", "/nowhere"}};
    CHECK(world.run({"release", "list"}) == ExitCode::ok);
    CHECK_FALSE(world.config_inputs.environment.contains("XDG_STATE_HOME"));
    world.outside.environment["XDG_STATE_HOME"] = "/state";
    CHECK(world.run({"release", "list"}) == ExitCode::ok);
    CHECK(world.config_inputs.environment.at("XDG_STATE_HOME") == "/state");
}

TEST_CASE("an environment of developers that has none is told, whoever asks for it") {
    CommandWorld world;
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"status"}, {"logs"}, {"doctor"}}) {
        auto typed = words;
        typed.insert(typed.end(), {"--env", "dev", "--service", "api"});
        CAPTURE(words.front());
        CHECK(world.run(typed) == ExitCode::usage);
        const std::string said = world.io.out_text + world.io.err_text;
        CHECK(has(said, "LOGIN_HOST"));
        CHECK(has(said, "LOGIN_PASSWORD"));
    }
    CHECK(world.run({"trust", "dev"}) == ExitCode::usage);
    CHECK(has(world.io.err_text, "LOGIN_HOST"));
}
