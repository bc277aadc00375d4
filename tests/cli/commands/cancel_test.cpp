#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"
#include "tests/support/text.hpp"

#include <nlohmann/json.hpp>

using namespace loomrel;
using cli::ExitCode;
using nlohmann::json;
using test::CommandWorld;
using test::has;

TEST_CASE("a run that the ledger does not know is not there, also where no service is configured") {
    CommandWorld world;
    CHECK(world.run({"--json", "cancel", "no-such-run", "--yes"}) == ExitCode::usage);
    const json error = json::parse(world.io.out_text)["error"];
    CHECK(error["code"] == "run_not_found");
    CHECK(has(error["message"], "in the ledger"));
    CHECK_FALSE(has(error["hint"], "--service"));
}

TEST_CASE("a ledger that is away has not said that a run is not there") {
    CommandWorld world;
    world.ledger.broken = Error(ErrorKind::ledger, "ledger_away", {"нет", "no answer"});
    CHECK(world.run({"--json", "cancel", "some-run", "--yes"}) == ExitCode::usage);
    const json error = json::parse(world.io.out_text)["error"];
    CHECK(error["code"] == "run_not_found");
    CHECK(has(error["message"], "where to look for run some-run is not known"));
    CHECK(has(error["message"], "the ledger does not answer"));
    CHECK_FALSE(has(error["hint"], "--service"));
}
