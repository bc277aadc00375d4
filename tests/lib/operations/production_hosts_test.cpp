#include "lib/operations/production_hosts.hpp"
#include "tests/lib/operations/host_world.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/text.hpp"

#include <algorithm>

using namespace loomrel;
using namespace loomrel::test;
using operations::Progress;

namespace {

struct ProductionWorld : HostWorld {
    std::atomic<deploy::StopRequest> stop_request{deploy::StopRequest::none};
    std::vector<std::string> steps; // that ended well

    ProductionWorld() {
        context.caller.actor = "Anna";
        context.caller.source = "bot";
    }

    void deploy(release::Release& release) {
        const auto claimed = operations::claim_deploy(context, console, release);
        REQUIRE(claimed);
        claimed(stop_request);
    }

    operations::Ended roll_back(const std::string& expected, const std::string& target) {
        return operations::roll_back(
            context,
            console,
            {"api", expected, target},
            [this](const Progress& progress) {
                if (progress.ok.value_or(false)) {
                    steps.push_back(progress.step);
                }
            },
            stop_request);
    }

    // Two versions have been deployed; the second one serves.
    void serve_two() {
        deploy(release_of("v1.0.0", "manual_test_passed"));
        deploy(release_of("v1.1.0", "manual_test_passed"));
    }

    [[nodiscard]] bool went(const std::string& step) const {
        return std::find(steps.begin(), steps.end(), step) != steps.end();
    }
};

} // namespace

TEST_CASE("a deploy to production without a terminal: claimed, run, told in the caller's name") {
    ProductionWorld world;
    auto& release = world.release_of("v1.0.0", "manual_test_passed");
    world.deploy(release);
    CHECK(world.host.serves() == *release.commit_sha);
    CHECK(release.status == "deployed");
    REQUIRE(world.ledger.claims.size() == 1);
    const store::Claim& claim = world.ledger.claims.front();
    CHECK(claim.actor == "Anna");
    CHECK(claim.source == "bot");
    CHECK(claim.run->hosts == std::vector<std::string>{"root@host.test:22"});
    CHECK(claim.run->ref == "refs/tags/v1.0.0");
    CHECK_FALSE(claim.run->settings.empty());
    REQUIRE(world.ledger.changes.size() == 1);
    CHECK(world.ledger.changes.front().actor == "Anna");
    CHECK(world.ledger.changes.front().end_run->outcome == store::RunOutcome::good);
    CHECK(world.opened == std::vector{operations::Purpose::production});
}

TEST_CASE("a deploy that another has begun is not begun again, one without a leave never") {
    ProductionWorld world;
    auto& release = world.release_of("v1.0.0", "manual_test_passed");
    store::Claimed claimed;
    claimed.what = store::Claimed::What::already;
    claimed.there = store::Run{};
    claimed.there->id = "theirs";
    world.ledger.claimed = claimed;
    CHECK_FALSE(operations::claim_deploy(world.context, world.console, release));
    release.status = "manual_testing";
    CHECK(refusal_of([&] { (void)operations::claim_deploy(world.context, world.console, release); })
          == "not_approved");
    CHECK(world.logins == 0);
}

TEST_CASE("a rollback without a terminal brings the kept version back, and the ledger is told") {
    ProductionWorld world;
    world.serve_two();
    const auto standing = operations::standing(world.context, world.console, "api");
    CHECK(standing.serves == "v1.1.0");
    REQUIRE(standing.kept.size() == 1);
    CHECK(standing.kept.front().tag == "v1.0.0");

    const auto ended = world.roll_back("v1.1.0", "v1.0.0");
    CHECK(ended.good);
    CHECK(ended.serves == "v1.0.0");
    CHECK(ended.reason.empty());
    CHECK(world.went("verify"));
    CHECK(world.host.serves() == *world.ledger.rows.at(1).commit_sha);
    CHECK(world.ledger.rows.at(2).status == "rollback_done");
    const store::Run& run = world.ledger.runs.back();
    CHECK(run.kind == store::RunKind::rollback);
    CHECK(run.release_id == 2);
    CHECK(run.ref == "refs/tags/v1.0.0");
}

TEST_CASE("a rollback asked for beside what serves now, or of what never was, is refused") {
    ProductionWorld world;
    world.serve_two();
    const std::size_t changes = world.ledger.changes.size();
    CHECK(refusal_of([&] { (void)world.roll_back("v0.9.0", "v1.0.0"); }) == "serves_another");
    (void)world.host.version("v2.0.0"); // a tag that never served
    CHECK(refusal_of([&] { (void)world.roll_back("v1.1.0", "v2.0.0"); }) == "never_served");
    CHECK(world.ledger.changes.size() == changes);
    CHECK(world.host.serves() == *world.ledger.rows.at(2).commit_sha);
}

TEST_CASE("where nothing can be rolled back from here it is said why") {
    HostWorld world;
    std::string why;
    const auto can = [&] { return operations::can_roll_back(world.context, "api", why); };
    CHECK(can());
    CHECK(why.empty());
    SECTION("another does it") {
        world.load_config(world.host.toml() + "rollback_by = \"github\"\n",
                          "PROD_HOST=host.test\nPROD_PASSWORD=password\n");
        CHECK_FALSE(can());
        CHECK(has(why, "github"));
    }
    SECTION("nothing to log in with") {
        world.load_config(world.host.toml(), "PROD_HOST=host.test\n");
        CHECK_FALSE(can());
        CHECK(why == messages::say(Language::en, messages::Id::operations_no_credentials));
    }
    SECTION("no host") {
        world.load_config(world.host.toml(), "STAGE_HOST=host.test\n");
        CHECK_FALSE(can());
        CHECK(has(why, "PROD_HOST"));
    }
    CHECK(world.logins == 0);
}
