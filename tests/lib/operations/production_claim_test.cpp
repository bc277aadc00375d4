#include "lib/operations/production_deploy.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/operations_world.hpp"
#include "tests/support/text.hpp"

#include <chrono>

using namespace loomrel;
using namespace loomrel::test;
using What = deploy::Decision::What;

namespace {

struct ProductionWorld : OperationsWorld {
    release::Release& release = release_in("manual_test_passed");

    [[nodiscard]] store::Run run(const std::string& id = "run-1") const {
        store::Run run;
        run.id = id;
        run.service = "api";
        run.environment = "prod";
        run.release_id = release.id;
        run.ref = "refs/tags/v1.2.3";
        run.commit = *release.commit_sha;
        return run;
    }

    store::Run claim() {
        return operations::claim_production(context, store, release, run(), /*older=*/false);
    }

    // Of a plan for the release.
    [[nodiscard]] operations::Deploying deploying() const {
        operations::Deploying deploying;
        deploying.plan.request.run_id = "run-1";
        deploying.plan.request.tag = release.release_tag;
        deploying.plan.request.commit = *release.commit_sha;
        deploying.plan.request.release_id = release.id;
        deploying.plan.settings.service = "api";
        deploying.plan.settings.environment = "prod";
        return deploying;
    }

    void answers(store::Claimed::What what,
                 const std::string& conflict = "",
                 const std::optional<store::Run>& there = std::nullopt) {
        store::Claimed claimed;
        claimed.what = what;
        claimed.status = release.status;
        claimed.conflict = conflict;
        claimed.outrun_by = "v1.2.4";
        claimed.settings = {"switch", "health"};
        claimed.there = there;
        ledger.claimed = claimed;
    }

    std::string refusal_by(const std::string& conflict) {
        answers(store::Claimed::What::refused, conflict);
        return refusal_of([this] { (void)claim(); });
    }

    // A run of the release in production, as the ledger has it.
    void has_run(store::RunOutcome outcome, const std::string& id = "run-0") {
        store::Run before = run(id);
        before.ended_at = ledger.time;
        before.outcome = outcome;
        ledger.runs.push_back(before);
    }
};

} // namespace

TEST_CASE("production is claimed in the caller's name, by the caller's rules") {
    ProductionWorld world;
    world.config.telegram.quorum = 3;
    world.context.caller.actor = "Anna";
    world.context.caller.source = "bot";
    CHECK(world.claim().id == "run-1");
    REQUIRE(world.ledger.claims.size() == 1);
    const store::Claim& claim = world.ledger.claims.front();
    CHECK(claim.actor == "Anna");
    CHECK(claim.source == "bot");
    CHECK(claim.rules.quorum == 3);
    CHECK_FALSE(claim.older);
    CHECK(claim.run->id == "run-1");
    CHECK(world.release.status == "deploying");
}

TEST_CASE("whoever claims second gets the run of whoever was first") {
    ProductionWorld world;
    world.answers(store::Claimed::What::already, "", world.run("theirs"));
    CHECK(world.claim().id == "theirs");
    // Somebody moved it to deploying without a run: there is nothing to watch.
    world.answers(store::Claimed::What::already);
    CHECK(refusal_of([&] { (void)world.claim(); }) == "claimed");
    world.answers(store::Claimed::What::absent);
    world.ledger.rows.clear();
    store::Store& store = world.store;
    release::Release gone;
    gone.id = 7;
    CHECK(refusal_of(
              [&] { (void)operations::claim_production(world.context, store, gone, {}, false); })
          == "release_not_found");
}

TEST_CASE("each lack of proof is refused under its own name") {
    ProductionWorld world;
    CHECK(world.refusal_by("no_commit") == "no_commit");
    CHECK(world.refusal_by("expired") == "approval_expired");
    CHECK(world.refusal_by("approvals") == "approvals_missing");
    CHECK(world.refusal_by("outrun") == "superseded");
    CHECK(world.refusal_by("settings") == "settings_differ");
    world.answers(store::Claimed::What::refused, "run", world.run("theirs"));
    CHECK(refusal_of([&] { (void)world.claim(); }) == "claimed");
    CHECK(world.refusal_by("status") == "conflict");
    world.release.status = "manual_testing";
    CHECK(world.refusal_by("status") == "not_approved");
    world.release.status = "deployed";
    CHECK(world.refusal_by("status") == "status_forbids");
}

TEST_CASE("a claimed plan is started, another's run is attached to") {
    ProductionWorld world;
    const auto begin = [&] {
        return operations::begin_production_run(
            world.context, world.store, world.release, world.deploying());
    };
    const auto ours = begin();
    CHECK(ours.what == What::start);
    CHECK(ours.run->id == "run-1");
    CHECK(ours.run->ref == "refs/tags/v1.2.3");
    CHECK(ours.run->github_run_id == "7");
    world.answers(store::Claimed::What::already, "", world.run("theirs"));
    const auto theirs = begin();
    CHECK(theirs.what == What::attach);
    CHECK(theirs.run->id == "theirs");
}

TEST_CASE("a run that has ended is the answer only while the release is where it left it") {
    ProductionWorld world;
    const auto there = [&] {
        return operations::find_production_run(world.context, world.store, world.release).what;
    };
    CHECK(there() == What::start);
    world.has_run(store::RunOutcome::good);
    world.release.status = "deployed";
    CHECK(there() == What::report);
    world.release.status = "rollback_done"; // and approved again
    CHECK(there() == What::start);
    world.ledger.runs.push_back(world.run("open"));
    CHECK(there() == What::attach);
}

TEST_CASE("an older version goes to production by a person's word alone") {
    ProductionWorld world;
    deploy::Request request;
    request.tag = "v1.2.3";
    request.release_id = 1;
    const auto check = [&] { operations::check_may_be_older(world.console, "api", request); };
    CHECK(refusal_of(check).empty());
    request.older = true;
    CHECK(refusal_of(check) == "needs_terminal");
    world.console.person = true;
    CHECK(refusal_of(check).empty());
}

TEST_CASE("a plan is refused what the claim would be refused, and claims nothing") {
    ProductionWorld world;
    const auto foresee = [&] {
        operations::foresee_claim(world.context, world.store, world.release, world.deploying());
    };
    CHECK(refusal_of(foresee).empty());
    world.answers(store::Claimed::What::refused, "approvals");
    CHECK(refusal_of(foresee) == "approvals_missing");
    world.answers(store::Claimed::What::refused, "expired");
    CHECK(refusal_of(foresee) == "approval_expired");
    world.answers(store::Claimed::What::refused, "settings");
    // Nobody has been asked anew yet.
    try {
        foresee();
        FAIL_CHECK("was taken");
    } catch (const Error& error) {
        CHECK(error.code() == "settings_differ");
        CHECK(error.hint().en
              == messages::phrase(messages::Id::prod_would_ask_hint, fmt::arg("id", 1)).en);
    }
    world.ledger.claimed.reset();
    world.release.status = "deploying";
    CHECK(refusal_of(foresee) == "claimed");
    world.release.status = "building";
    CHECK(refusal_of(foresee) == "not_approved");
    CHECK(world.ledger.claims.empty());
    CHECK(world.ledger.runs.empty());
}
