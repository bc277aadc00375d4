#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/text.hpp"

#include <nlohmann/json.hpp>

using namespace loomrel;
using cli::ExitCode;
using nlohmann::json;
using store::RunOutcome;
using test::CommandWorld;
using test::has;

namespace {

constexpr const char* k_open = "aaaa1111-2222-4333-8444-555555555555";
constexpr const char* k_alike = "aaaa9999-2222-4333-8444-555555555555";

store::Run& add(CommandWorld& world, const char* id, const char* environment, int minutes) {
    store::Run run;
    run.id = id;
    run.service = "loom-content";
    run.environment = environment;
    run.ref = "refs/tags/v1.2.3";
    run.began_by = "alice";
    run.began_via = "cli";
    run.started_at = world.ledger.time + std::chrono::minutes(minutes);
    world.ledger.runs.push_back(run);
    return world.ledger.runs.back();
}

void end(store::Run& run, RunOutcome outcome) {
    run.ended_at = run.started_at + std::chrono::minutes(1);
    run.outcome = outcome;
}

void fill(CommandWorld& world) {
    add(world, k_open, "prod", 0).key = "ci-prod";
    auto& by_hand = add(world, "bbbb1111-2222-4333-8444-555555555555", "prod", 1);
    by_hand.kind = store::RunKind::rollback;
    by_hand.source = "host";
    by_hand.began_by = "anya@192.0.2.1";
    end(by_hand, RunOutcome::good);
    auto& cancelled = add(world, k_alike, "stage", 2);
    cancelled.began_via = "github";
    cancelled.cancelled_by = "bob\x1b[31m";
    end(cancelled, RunOutcome::cancelled);
    auto& old = add(world, "cccc1111-2222-4333-8444-555555555555", "dev", 3);
    old.ref = "refs/heads/feature/x";
    old.began_by = old.began_via = "";
    old.github_run_id = "987";
    end(old, RunOutcome::failed);
}

} // namespace

TEST_CASE("runs are listed with whose they are, the open ones first") {
    std::string all;
    for (const char* language : {"ru", "en"}) {
        for (const bool terminal : {true, false}) {
            CommandWorld world;
            fill(world);
            world.io.out_tty = terminal;
            world.io.screen = {160, 24};
            REQUIRE(world.run({"--lang", language, "runs"}) == ExitCode::ok);
            all += std::string(language) + (terminal ? ", a terminal" : ", a pipe") + "\n"
                   + world.io.out_text + "\n";
        }
    }
    CHECK_FALSE(has(all, "\x1b"));
    test::check_golden("runs", all);
}

TEST_CASE("runs as JSON have every field in every row") {
    CommandWorld world;
    fill(world);
    REQUIRE(world.run({"--json", "runs", "--limit", "2"}) == ExitCode::ok);
    const json rows = json::parse(world.io.out_text)["runs"];
    REQUIRE(rows.size() == 2);
    CHECK(rows[0]["id"] == k_open);
    CHECK(rows[0]["open"] == true);
    CHECK(rows[0]["key"] == "ci-prod");
    CHECK(rows[0]["ended_at"].is_null());
    CHECK(rows[1]["via"] == "github");
    CHECK(rows[1]["began_by"] == "");
    CHECK_FALSE(rows[0].contains("result"));
}

TEST_CASE("runs are picked by place and by whether they have ended") {
    CommandWorld world;
    fill(world);
    const auto count = [&](std::vector<std::string> words) {
        words.insert(words.begin(), {"--json", "runs"});
        REQUIRE(world.run(words) == ExitCode::ok);
        return json::parse(world.io.out_text)["runs"].size();
    };
    CHECK(count({}) == 4);
    CHECK(count({"--open"}) == 1);
    CHECK(count({"--env", "prod"}) == 2);
    CHECK(count({"--service", "api"}) == 0);
    CHECK(world.run({"runs", "--limit", "0"}) == ExitCode::usage);
    CHECK(world.run({"runs", "--env", "qa"}) == ExitCode::usage);
    CHECK(world.run({"runs", "--service", "api"}) == ExitCode::ok);
    CHECK(has(world.io.err_text, "No runs"));
}

TEST_CASE("the beginning of a run's id is enough where one run begins with it") {
    CommandWorld world;
    fill(world);
    REQUIRE(world.run({"--json", "attach", "bbbb", "--dry-run"}) == ExitCode::ok);
    CHECK(json::parse(world.io.out_text)["run_id"] == "bbbb1111-2222-4333-8444-555555555555");
    REQUIRE(world.run({"--json", "cancel", "aaaa1", "--dry-run"}) == ExitCode::ok);
    CHECK(json::parse(world.io.out_text)["run_id"] == k_open);
    for (const char* command : {"attach", "cancel"}) {
        CHECK(world.run({"--json", command, "aaaa", "--dry-run"}) == ExitCode::usage);
        const json error = json::parse(world.io.out_text)["error"];
        CHECK(error["code"] == "run_ambiguous");
        CHECK(has(error["message"], k_alike));
        CHECK(has(error["message"], k_open));
        // Too little to mean one.
        CHECK(world.run({"--json", command, "bbb", "--dry-run"}) == ExitCode::usage);
        CHECK(json::parse(world.io.out_text)["error"]["code"] == "run_not_found");
    }
}

TEST_CASE("a run on production is cancelled after a yes only") {
    CommandWorld world;
    fill(world);
    CHECK(world.run({"--json", "cancel", k_open}) == ExitCode::refused);
    CHECK(json::parse(world.io.out_text)["error"]["code"] == "needs_yes");
    world.io.prompts = true;
    world.io.typed = {"n"};
    CHECK(world.run({"--json", "cancel", k_open}) == ExitCode::refused);
    CHECK(json::parse(world.io.out_text)["error"]["code"] == "declined");
}
