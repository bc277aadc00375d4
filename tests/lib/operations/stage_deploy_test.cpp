#include "lib/operations/stage_deploy.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/operations_world.hpp"
#include "tests/support/text.hpp"

using namespace loomrel;
using namespace loomrel::test;
using What = deploy::Decision::What;

namespace {

struct StageWorld : OperationsWorld {
    operations::StageRequest asked{"api", "v1.2.3", "", std::nullopt};

    [[nodiscard]] static operations::Deploying deploying() {
        operations::Deploying deploying;
        deploying.plan.request.run_id = "run-1";
        deploying.plan.request.tag = "v1.2.3";
        deploying.plan.settings.service = "api";
        deploying.plan.settings.environment = "stage";
        return deploying;
    }

    deploy::Decision begin(const release::Release& release) {
        auto plan = deploying();
        return operations::begin_stage_run(context, console, store, release, plan);
    }

    // A run of the release that went to stage and ended.
    void has_run(const release::Release& release, const std::string& github_run_id) {
        store::Run run;
        run.id = "run-0";
        run.service = "api";
        run.environment = "stage";
        run.release_id = release.id;
        run.ref = "refs/tags/" + release.release_tag;
        run.github_run_id = github_run_id;
        run.github_run_attempt = 1;
        run.ended_at = ledger.time;
        run.outcome = store::RunOutcome::good;
        ledger.runs.push_back(run);
    }
};

store::Opened opened_by_another(const std::string& tag) {
    store::Run other;
    other.id = "theirs";
    other.ref = "refs/tags/" + tag;
    return {false, other};
}

} // namespace

TEST_CASE("a deploy to stage makes its release once, by tag and GitHub run") {
    StageWorld world;
    const auto found = operations::find_stage_release(world.context, world.store, world.asked);
    CHECK(found.decision.what == What::start);
    CHECK(found.release.release_tag == "v1.2.3");
    REQUIRE(world.ledger.created.size() == 1);
    const store::NewRelease& made = world.ledger.created.front().first;
    CHECK(made.run_id == "7");
    CHECK(made.by == "developer_name");
    CHECK(made.source == "cli");
    CHECK_FALSE(made.continues);
    CHECK(operations::find_stage_release(world.context, world.store, world.asked).release.id
          == found.release.id);
    CHECK(world.ledger.created.size() == 1);
    // By hand there is no GitHub run: the one whose way is not over is gone on with.
    world.context.caller.asker = {};
    (void)operations::find_stage_release(world.context, world.store, world.asked);
    CHECK(world.ledger.created.back().first.continues);
    CHECK(has(world.ledger.created.back().first.run_id, "local-"));
}

TEST_CASE("a release that was named is the one that is deployed, or it is refused") {
    StageWorld world;
    const auto id = world.release_in("initiated").id;
    const auto given = [&] {
        return operations::given_stage_release(world.context, world.store, world.asked).release.id;
    };
    const auto refusal = [&] { return refusal_of([&] { (void)given(); }); };
    world.asked.release_id = id;
    CHECK(given() == id);
    world.asked.commit = std::string(40, 'b');
    CHECK(refusal() == "tag_moved");
    world.asked.commit = std::string(40, 'a');
    CHECK(given() == id);
    // A second row of the same tag and commit is the first one's release.
    auto& second = world.release_in("initiated");
    second.superseded_by = id;
    world.asked.release_id = second.id;
    CHECK(given() == id);
    world.asked.tag = "v1.2.4";
    CHECK(refusal() == "release_is_another");
    world.asked.release_id = 77;
    CHECK(refusal() == "release_not_found");
    CHECK(world.ledger.created.empty());
}

TEST_CASE("the same ask again gets its run; another one deploys anew what stage serves no more") {
    StageWorld world;
    auto& release = world.release_in("manual_testing");
    world.asked.release_id = release.id;
    const auto decision = [&] {
        return operations::find_stage_release(world.context, world.store, world.asked)
            .decision.what;
    };
    world.has_run(release, "7");
    CHECK(decision() == What::report);
    world.context.caller.asker = {"8", 1};
    CHECK(decision() == What::start); // no run tells that stage serves it
}

TEST_CASE("what stage serves by the ledger is reported, unless it is wanted again") {
    struct Serves : FakeStore {
        using FakeStore::FakeStore;

        std::vector<store::HostResult> run_hosts(const std::string&) override {
            return {{"root@host.test:22", "ended", "ok", "v1.2.3"}};
        }
    };

    StageWorld world;
    Serves store(world.ledger);
    auto& release = world.release_in("manual_testing");
    world.asked.release_id = release.id;
    world.has_run(release, "6");
    const auto decision = [&] {
        return operations::find_stage_release(world.context, store, world.asked).decision.what;
    };
    CHECK(decision() == What::report);
    world.asked.again = true;
    CHECK(decision() == What::start);
}

TEST_CASE("a run on stage is opened with the move that it means for its release") {
    StageWorld world;
    SECTION("on its way: the run is the release's, and moves it as it goes") {
        const auto& release = world.release_in("initiated");
        const auto begun = world.begin(release);
        CHECK(begun.what == What::start);
        CHECK(begun.run->release_id == release.id);
        CHECK(begun.run->commit == *release.commit_sha);
        CHECK(world.ledger.changes.empty());
    }
    SECTION("tested, approved or rejected: people's words are over") {
        auto& release = world.release_in(GENERATE(
            as<std::string>{}, "manual_testing", "manual_test_passed", "manual_test_failed"));
        const auto begun = world.begin(release);
        CHECK(begun.what == What::start);
        CHECK(release.status == "building");
        REQUIRE(world.ledger.changes.size() == 1);
        CHECK(world.ledger.changes.front().actor == "developer_name");
        CHECK(world.ledger.changes.front().open_run->id == "run-1");
    }
    SECTION("in production: the release does not move, its history says what was done") {
        const auto& release = world.release_in("deployed");
        const auto begun = world.begin(release);
        CHECK(begun.what == What::start);
        CHECK_FALSE(begun.run->release_id);
        REQUIRE(world.ledger.notes.size() == 1);
        CHECK(has(world.ledger.notes.front().detail, "run-1"));
        CHECK(release.status == "deployed");
    }
    SECTION("an older system's status has no moves") {
        const auto& release = world.release_in("stage_test_rollback");
        CHECK(refusal_of([&] { (void)world.begin(release); }) == "status_forbids");
        CHECK(world.ledger.runs.empty());
    }
}

TEST_CASE("of two deploys to stage at once the second attaches, of another tag it is refused") {
    StageWorld world;
    const auto& release = world.release_in("initiated");
    world.ledger.opens = opened_by_another("v1.2.3");
    const auto begun = world.begin(release);
    CHECK(begun.what == What::attach);
    CHECK(begun.run->id == "theirs");
    world.ledger.opens = opened_by_another("v1.2.4");
    CHECK(refusal_of([&] { (void)world.begin(release); }) == "run_in_progress");
}
