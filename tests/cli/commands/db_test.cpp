#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"
#include "tests/support/text.hpp"

#include <nlohmann/json.hpp>

using namespace loomrel;
using cli::ExitCode;
using nlohmann::json;
using test::CommandWorld;
using test::has;

TEST_CASE("db migrate says what it applied, and with --dry-run what it would") {
    CommandWorld world;
    world.ledger.schema.pending = {"2026-01-01 first", "2026-01-02 second"};
    CHECK(world.run({"db", "migrate", "--dry-run", "--json"}) == ExitCode::ok);
    CHECK(json::parse(world.io.out_text)["pending"].size() == 2);
    CHECK(world.ledger.schema.applied.empty());
    CHECK(world.run({"db", "migrate"}) == ExitCode::ok);
    CHECK(has(world.io.out_text, "2026-01-02 second"));
    CHECK(world.ledger.schema.applied.size() == 2);
    CHECK(world.run({"db", "migrate", "--json"}) == ExitCode::ok);
    CHECK(json::parse(world.io.out_text)["applied"].empty());
}

TEST_CASE("db check fails on broken invariants only") {
    CommandWorld world;
    world.ledger.schema.pending = {"one"};
    CHECK(world.run({"db", "check"}) == ExitCode::ok);
    CHECK(has(world.io.out_text, "one"));
    CHECK(has(world.io.out_text, "Fake 1.0"));
    world.ledger.schema.problems = {"release 7 has no events"};
    CHECK(world.run({"db", "check"}) == ExitCode::usage);
    CHECK(has(world.io.out_text, "release 7 has no events"));
    CHECK(world.run({"db", "check", "--json"}) == ExitCode::usage);
    const auto state = json::parse(world.io.out_text);
    CHECK(state["ok"] == false);
    CHECK(state["problems"].size() == 1);
}

TEST_CASE("db check of a ledger that is not there says so") {
    CommandWorld world;
    world.ledger.schema.product.clear();
    CHECK(world.run({"db", "check", "--lang", "en"}) == ExitCode::ok);
    CHECK_FALSE(has(world.io.out_text, "()"));
    CHECK(has(world.io.out_text, "db migrate"));
}
