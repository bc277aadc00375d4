#include "tests/lib/store/ledgers.hpp"

#include <nlohmann/json.hpp>

#include <thread>

using namespace loomrel;
using namespace loomrel::test;
using release::Status;
using What = store::Claimed::What;

namespace {

const std::vector<Status> k_approved{
    Status::building, Status::stage_deploy, Status::manual_testing, Status::manual_test_passed};

nlohmann::json last_detail(store::Store& store, std::int64_t id) {
    return nlohmann::json::parse(store.events(id).back().detail);
}

// The ledger's clocks tell instants apart.
void wait_a_moment() {
    std::this_thread::sleep_for(Milliseconds(5));
}

// Refused for this reason; people are asked once more, and nothing of the run is there.
void check_asked_anew(store::Store& store, const store::Claim& claim, const std::string& conflict) {
    const std::size_t events = store.events(claim.release_id).size();
    const auto foreseen = store.foresee_claim(claim);
    CHECK(foreseen.what == What::refused);
    CHECK(foreseen.conflict == conflict);
    CHECK(store.find_release(claim.release_id)->status != "manual_testing");
    CHECK(store.events(claim.release_id).size() == events);
    const auto claimed = store.claim(claim);
    CHECK(claimed.what == What::refused);
    CHECK(claimed.conflict == conflict);
    CHECK(claimed.status == "manual_testing");
    CHECK(store.find_release(claim.release_id)->status == "manual_testing");
    CHECK(store.approvals(claim.release_id).empty());
    CHECK_FALSE(store.find_run(claim.run->id));
    const auto history = store.events(claim.release_id);
    REQUIRE(history.size() == events + 1);
    CHECK(history.back().to == "manual_testing");
    CHECK(as_said(history.back()).actor == claim.actor);
    CHECK(last_detail(store, claim.release_id)["conflict"] == conflict);
}

// Refused for this reason; the release stays what it is, and its history says who wanted what, once
// an hour for each reason.
void check_refused(store::Store& store,
                   const store::Claim& claim,
                   const std::string& conflict,
                   bool told_before = false) {
    const std::string status = store.find_release(claim.release_id)->status;
    const std::size_t events = store.events(claim.release_id).size();
    const auto foreseen = store.foresee_claim(claim);
    CHECK(foreseen.what == What::refused);
    CHECK(foreseen.conflict == conflict);
    CHECK(store.events(claim.release_id).size() == events);
    const auto claimed = store.claim(claim);
    CHECK(claimed.what == What::refused);
    CHECK(claimed.conflict == conflict);
    CHECK(claimed.status == status);
    CHECK(store.find_release(claim.release_id)->status == status);
    CHECK((!claim.run || !store.find_run(claim.run->id)));
    const auto history = store.events(claim.release_id);
    REQUIRE(history.size() == events + (told_before ? 0 : 1));
    CHECK(history.back().from == history.back().to);
    CHECK(last_detail(store, claim.release_id)["refused"] == "claim");
    CHECK(last_detail(store, claim.release_id)["conflict"] == conflict);
}

} // namespace

TEMPLATE_TEST_CASE("the claim opens its run with the move, and the second finds it taken",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*open_database(ledger), k_approved);
    auto first = claim_of(id);
    first.detail = R"({"why":"asked"})";
    const auto second = claim_of(id);
    // Foreseen, nothing is claimed: the claim itself finds everything as it was.
    CHECK(store->foresee_claim(first).what == What::done);
    CHECK(store->find_release(id)->status == "manual_test_passed");
    CHECK(store->events(id).size() == 5);
    CHECK_FALSE(store->find_run(first.run->id));
    const auto claimed = store->claim(first);
    CHECK(claimed.what == What::done);
    CHECK(claimed.status == "deploying");
    REQUIRE(claimed.there);
    CHECK(claimed.there->id == first.run->id);
    const auto events = store->events(id);
    REQUIRE(events.size() == 6);
    CHECK(events.back().from == "manual_test_passed");
    CHECK(events.back().to == "deploying");
    CHECK(as_said(events.back()).actor == "gommgo");
    CHECK(as_said(events.back()).source == "cli");
    CHECK(last_detail(*store, id)["why"] == "asked");
    REQUIRE(store->find_run(first.run->id));
    CHECK(store->find_run(first.run->id)->commit == commit_of(id));

    CHECK(store->foresee_claim(second).what == What::already);
    const auto late = store->claim(second);
    CHECK(late.what == What::already);
    CHECK(late.status == "deploying");
    REQUIRE(late.there);
    CHECK(late.there->id == first.run->id);
    CHECK_FALSE(store->find_run(second.run->id));
    // The same claim is the same answer, as after a lost one; even once all is over.
    const auto again = open_ledger(ledger)->claim(first);
    CHECK(again.what == What::done);
    CHECK(again.there->id == first.run->id);
    CHECK(store->events(id).size() == 6);
    CHECK(store->list_runs({}).size() == 1);
    CHECK(store->check().problems.empty());
}

TEMPLATE_TEST_CASE("approvals are counted by the rules of now, not by those of the press",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    const std::vector<release::Person> people{
        {11111, "gommgo", "Аня"}, {22222, "boris", ""}, {33333, "vera", ""}};
    std::vector<release::ApprovalRules> stricter(4, rules_of_three());
    stricter[0].approvers = {22222, 33333}; // who approved was taken off the list
    stricter[1].quorum = 2;
    stricter[2].self_approval = false; // the release is gommgo's, who is 11111
    stricter[2].people = people;
    stricter[3].approvers.clear();
    for (const auto& rules : stricter) {
        (void)database->keep_approval_rules(rules_of_three(), "serve");
        const auto id = release_in(*database, k_approved);
        CHECK(database->keep_approval_rules(rules, "serve"));
        // What the claimant thinks of the rules does not matter.
        check_asked_anew(*store, claim_of(id), "approvals");
        CHECK(last_detail(*store, id)["reason"] == "rules_changed");
    }
    (void)database->keep_approval_rules(stricter[0], "serve");
    const auto id = release_in(*database, {k_approved.begin(), k_approved.end() - 1});
    CHECK(database->decide(decision_on(id, 22222)).what == store::Decided::What::approved);
    CHECK(store->claim(claim_of(id)).what == What::done);
    CHECK(store->check().problems.empty());
}

TEMPLATE_TEST_CASE("an approval older than the last rejection of its commit lets nothing in",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    const auto failed_in_production = [&](const std::string& tag) {
        auto way = k_approved;
        way.insert(way.end(), {Status::deploying, Status::production_failed});
        return release_in(*database, way, tag);
    };
    const auto same_commit = [&](std::int64_t id, const std::string& tag) {
        auto release = new_release(tag);
        release.commit = commit_of(id);
        return database->create_release(release).id;
    };
    // Rejected under another tag; and that tag put on stage anew, which ends its own rejection.
    for (const bool anew : {false, true}) {
        const auto id = failed_in_production(anew ? "v1.0.1" : "v1.0.0");
        const auto twin = same_commit(id, anew ? "v1.0.2-rc" : "v1.0.0-rc");
        wait_a_moment();
        take_along(*database,
                   twin,
                   {Status::building,
                    Status::stage_deploy,
                    Status::manual_testing,
                    Status::manual_test_failed});
        CHECK(store->find_release(id)->status == "production_failed");
        if (anew) {
            take_along(*database, twin, {Status::building});
        }
        check_asked_anew(*store, claim_of(id), "approvals");
    }
    // That of another service or commit is none of its business.
    const auto id = failed_in_production("v1.0.3");
    auto other = new_release("v1.0.3");
    other.service = "loom-user";
    other.commit = commit_of(id);
    wait_a_moment();
    take_along(*database,
               database->create_release(other).id,
               {Status::building,
                Status::stage_deploy,
                Status::manual_testing,
                Status::manual_test_failed});
    CHECK(store->claim(claim_of(id)).what == What::done);
}

TEMPLATE_TEST_CASE("an approval older than the last deploy to stage lets nothing in",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    const auto id = release_in(*database, k_approved);
    wait_a_moment();
    const auto run = new_run(id);
    REQUIRE(store->open_run(run).opened);
    store->end_run(end_of(run, "v1.2.3"));
    check_asked_anew(*store, claim_of(id), "approvals");
    wait_a_moment();
    take_along(*database, id, {Status::manual_test_passed});
    CHECK(store->claim(claim_of(id)).what == What::done);
}

TEMPLATE_TEST_CASE("an approval has expired by the database's clock",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    auto rules = rules_of_three();
    rules.expires = Milliseconds(20);
    (void)database->keep_approval_rules(rules, "serve");
    const auto id = release_in(*database, k_approved);
    std::this_thread::sleep_for(Milliseconds(30));
    check_asked_anew(*store, claim_of(id), "expired");
    CHECK(last_detail(*store, id)["reason"] == "approval_expired");
    rules.expires = std::chrono::hours(24);
    (void)database->keep_approval_rules(rules, "serve");
    take_along(*database, id, {Status::manual_test_passed});
    CHECK(store->claim(claim_of(id)).what == What::done);
}

TEMPLATE_TEST_CASE(
    "only the commit that was approved is let in", "", SqliteLedger, PostgresLedger, HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*open_database(ledger), k_approved);
    auto claim = claim_of(id);
    claim.run->commit = std::string(40, 'b');
    check_refused(*store, claim, "commit");
    claim = claim_of(id);
    claim.run->commit.clear();
    check_refused(*store, claim, "commit", /*told_before=*/true);
    // Nothing says what was approved.
    ledger.sql("UPDATE releases SET commit_sha = NULL");
    check_refused(*store, claim_of(id), "no_commit");
    claim = claim_of(id);
    claim.run.reset();
    check_refused(*store, claim, "no_commit", /*told_before=*/true);
}

TEMPLATE_TEST_CASE(
    "only what waits for production is claimed", "", SqliteLedger, PostgresLedger, HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    const std::vector<Status> tested{k_approved.begin(), k_approved.end() - 1};
    const auto added = [](std::vector<Status> way, std::initializer_list<Status> more) {
        way.insert(way.end(), more);
        return way;
    };
    for (const auto& way : std::vector<std::vector<Status>>{
             {},
             {Status::building},
             tested,
             added(tested, {Status::manual_test_failed}),
             added(k_approved, {Status::deploying, Status::deployed})}) {
        const auto id = release_in(*database, way);
        const auto runs = store->list_runs({}).size();
        check_refused(*store, claim_of(id), "status");
        CHECK(store->list_runs({}).size() == runs);
    }
    CHECK(store->claim(claim_of(4711)).what == What::absent);
}

TEMPLATE_TEST_CASE("a refused claim sent again is the same refusal, and no second event",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    const auto id = release_in(*database, k_approved);
    auto rules = rules_of_three(2);
    (void)database->keep_approval_rules(rules, "serve");
    const auto claim = claim_of(id);
    check_asked_anew(*store, claim, "approvals");
    const std::size_t events = store->events(id).size();
    rules.quorum = 1;
    (void)database->keep_approval_rules(rules, "serve");
    take_along(*database, id, {Status::manual_test_passed});
    const auto again = store->claim(claim);
    CHECK(again.what == What::refused);
    CHECK(again.conflict == "approvals");
    CHECK(store->events(id).size() == events + 1); // the approval
    CHECK(store->find_release(id)->status == "manual_test_passed");
}

TEMPLATE_TEST_CASE("a refused claim sent again still says what has outrun the release",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    const auto id = release_in(*database, k_approved, "v1.0.0");
    // Deployed without a run of ours: the release bears no mark of it.
    auto way = k_approved;
    way.insert(way.end(), {Status::deploying, Status::deployed});
    (void)release_in(*database, way, "v1.1.0");
    const auto claim = claim_of(id);
    for (int i = 0; i < 2; ++i) {
        const auto refused = store->claim(claim);
        CHECK(refused.conflict == "outrun");
        CHECK(refused.outrun_by == "v1.1.0");
    }
    CHECK(contains(store->events(id).back().detail, R"("by":"v1.1.0")"));
}

TEMPLATE_TEST_CASE("no release is claimed with a run of another service",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*open_database(ledger), k_approved);
    auto claim = claim_of(id);
    claim.run->service = "loom-user";
    CHECK(error_of([&] { (void)store->claim(claim); }).code() == store::k_rejected);
    CHECK(store->find_release(id)->status == "manual_test_passed");
    CHECK(store->list_runs({}).empty());
}

TEMPLATE_TEST_CASE("a claim finds the run that an earlier one left open",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*open_database(ledger), k_approved);
    const auto first = claim_of(id);
    REQUIRE(store->claim(first).what == What::done);
    REQUIRE(store->apply(change_to(id, {Status::production_failed})).status == "production_failed");
    const auto second = claim_of(id);
    const auto refused = store->claim(second);
    CHECK(refused.what == What::refused);
    CHECK(refused.conflict == "run");
    CHECK(refused.status == "production_failed");
    REQUIRE(refused.there);
    CHECK(refused.there->id == first.run->id);
    CHECK_FALSE(store->find_run(second.run->id));
    store->end_run(end_of(*first.run, "", false));
    CHECK(store->claim(claim_of(id)).what == What::done);
}
