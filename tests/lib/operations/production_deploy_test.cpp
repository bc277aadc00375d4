#include "lib/operations/production_deploy.hpp"
#include "lib/operations/production_hosts.hpp"
#include "tests/lib/operations/host_world.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/text.hpp"

using namespace loomrel;
using namespace loomrel::test;
using What = deploy::Decision::What;

namespace {

struct DeployedWorld : HostWorld {
    // A release that was deployed; the ledger has its run.
    std::int64_t deploy(const std::string& tag) {
        auto& release = release_of(tag, "manual_test_passed");
        const std::atomic<deploy::StopRequest> stop_request{deploy::StopRequest::none};
        operations::claim_deploy(context, console, release)(stop_request);
        ledger.runs.back().ended_at = ledger.time;
        ledger.runs.back().outcome = store::RunOutcome::good;
        return release.id;
    }

    operations::ProductionDeploy find(std::int64_t id, const std::string& tag) {
        deploy::Request request;
        request.tag = tag;
        request.release_id = id;
        return operations::find_production_deploy(context, console, store, "api", request);
    }
};

} // namespace

TEST_CASE("what production gets is the commit that was approved, whatever the tag names now") {
    DeployedWorld world;
    auto& release = world.release_of("v1.0.0", "manual_test_passed");
    const auto found = world.find(release.id, "v1.0.0");
    CHECK(found.decision.what == What::start);
    CHECK(found.deploying.plan.request.commit == release.commit_sha);
    CHECK(found.deploying.hosts.size() == 1);
    CHECK(refusal_of([&] { (void)world.find(release.id, "v1.0.1"); }) == "release_is_another");
    CHECK(refusal_of([&] { (void)world.find(77, "v1.0.0"); }) == "release_not_found");
    CHECK(world.logins == 0);
}

TEST_CASE("a good run is the answer only while production serves what it brought") {
    DeployedWorld world;
    const auto first = world.deploy("v1.0.0");
    CHECK(world.find(first, "v1.0.0").decision.what == What::report);
    world.is_away = true;
    CHECK(refusal_of([&] { (void)world.find(first, "v1.0.0"); }) == "host_unreachable");
    world.is_away = false;
    (void)world.deploy("v1.1.0");
    CHECK(refusal_of([&] { (void)world.find(first, "v1.0.0"); }) == "serves_another");
    // A run that failed says nothing of what serves.
    world.ledger.runs.front().outcome = store::RunOutcome::failed;
    CHECK(world.find(first, "v1.0.0").decision.what == What::report);
}
