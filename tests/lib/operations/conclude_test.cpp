#include "lib/operations/conclude.hpp"
#include "tests/lib/operations/host_world.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/text.hpp"

#include <nlohmann/json.hpp>

using namespace loomrel;
using namespace loomrel::test;

namespace {

bool conclude(HostWorld& world, const store::Run& run) {
    return operations::conclude_if_ended(world.context, world.console, world.store, run);
}

} // namespace

TEST_CASE("a run that ended while nobody watched is told in its starter's name") {
    HostWorld world;
    auto& release = world.release_of("v1.0.0", "building");
    release::Event began;
    began.from = "initiated";
    began.to = "building";
    began.actor = "Anna";
    began.source = "cli";
    world.ledger.history[release.id] = {began};
    const store::Run run = world.run_untold(release, "stage");
    REQUIRE(world.host.serves() == *release.commit_sha);
    REQUIRE(world.ledger.changes.empty());
    CHECK(conclude(world, run));
    REQUIRE(world.ledger.changes.size() == 1);
    const store::Change& change = world.ledger.changes.front();
    CHECK(change.actor == "Anna");
    CHECK(change.end_run->run_id == run.id);
    CHECK(change.end_run->outcome == store::RunOutcome::good);
    CHECK(change.commit == release.commit_sha);
    CHECK(release.status == "manual_testing");
    CHECK(world.console.notes.empty());
}

TEST_CASE("a run that never came to its host ends as cancelled there, once nobody watches it") {
    HostWorld world;
    auto& release = world.release_of("v1.0.0", "building");
    store::Run run = operations::run_row(world.context, world.plan_for(release, "stage"));
    CHECK_FALSE(conclude(world, run)); // its starter may be about to begin it
    CHECK(world.ledger.changes.empty());
    run.unseen_for = Milliseconds{60000};
    CHECK(conclude(world, run));
    REQUIRE(world.ledger.changes.size() == 1);
    CHECK(world.ledger.changes.front().end_run->outcome == store::RunOutcome::cancelled);
    CHECK(world.host.serves().empty());
}

TEST_CASE("what cannot be concluded now stays open, and holds up nobody") {
    HostWorld world;
    auto& release = world.release_of("v1.0.0", "building");
    const store::Run run = world.run_untold(release, "stage");
    const auto conclude_all = [&](const std::string& host = "") {
        operations::conclude_open_runs(
            world.context, world.console, world.store, "api", "stage", host);
    };
    SECTION("its host is away") {
        world.is_away = true;
        conclude_all();
        CHECK(world.ledger.changes.empty());
        world.is_away = false;
        conclude_all();
        CHECK(world.ledger.changes.size() == 1);
    }
    SECTION("its host is not configured any more") {
        world.ledger.runs.front().hosts = {"root@gone.test:22"};
        conclude_all();
        CHECK(world.ledger.changes.empty());
        REQUIRE(world.console.notes.size() == 1);
        CHECK(has(world.console.notes.front(), "root@gone.test:22"));
    }
    SECTION("another host's runs were meant") {
        const int before = world.logins;
        conclude_all("root@other.test:22");
        CHECK(world.logins == before);
        CHECK(world.ledger.changes.empty());
    }
}
