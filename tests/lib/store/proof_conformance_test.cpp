#include "tests/lib/store/ledgers.hpp"

#include <nlohmann/json.hpp>

using namespace loomrel;
using namespace loomrel::test;
using release::Status;
using What = store::Changed::What;

namespace {

const std::vector<Status> k_to_production{Status::building,
                                          Status::stage_deploy,
                                          Status::manual_testing,
                                          Status::manual_test_passed,
                                          Status::deploying};

// A run of this commit that has ended.
void run_ended(store::Store& store, store::Run run, const std::string& commit, bool good) {
    run.id = random_uuid();
    run.commit = commit;
    REQUIRE(store.open_run(run).opened);
    store.end_run(end_of(run, "v1.2.3", good));
}

nlohmann::json last_detail(store::Store& store, std::int64_t id) {
    return nlohmann::json::parse(store.events(id).back().detail);
}

// As the spec's PATCH has it.
store::Change word_of_a_script(std::int64_t id, Status status) {
    store::Change change = change_to(id, {status});
    change.by_script = true;
    return change;
}

} // namespace

TEMPLATE_TEST_CASE("deployed is what a production run left serving",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*open_database(ledger), k_to_production);
    const auto refused = [&] {
        const auto changed = store->apply(change_to(id, {Status::deployed}));
        CHECK(changed.status == "deploying");
        CHECK(store->find_release(id)->status == "deploying");
        return changed.what == What::refused && changed.conflict == "not_proven";
    };
    CHECK(refused());
    // None of these left this commit serving in production.
    run_ended(*store, new_run(), commit_of(id), true);
    run_ended(*store, prod_run(id), commit_of(id), false);
    run_ended(*store, prod_run(id), std::string(40, 'b'), true);
    store::Run open = prod_run(id);
    REQUIRE(store->open_run(open).opened);
    CHECK(refused());
    const std::size_t events = store->events(id).size();
    // Its end may come with the move.
    store::Change change = change_to(id, {Status::deployed});
    change.end_run = end_of(open, "v1.2.3");
    CHECK(store->apply(change).what == What::done);
    CHECK(store->find_release(id)->status == "deployed");
    CHECK(store->events(id).size() == events + 1);
    CHECK_FALSE(store->find_release(id)->unverified);
}

TEMPLATE_TEST_CASE("a run whose move is not proven is not ended by it",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*open_database(ledger), k_to_production);
    const store::Run open = prod_run(id);
    REQUIRE(store->open_run(open).opened);
    store::Change change = change_to(id, {Status::deployed});
    change.end_run = end_of(open, "v1.2.2", false);
    CHECK(store->apply(change).conflict == "not_proven");
    CHECK_FALSE(store->find_run(open.id)->ended_at);
}

TEMPLATE_TEST_CASE("a rollback that put a version back proves it too",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_database(ledger);
    const auto id = release_in(*store, k_to_production);
    store::Run back = prod_run(id);
    back.kind = store::RunKind::rollback;
    back.release_id.reset();
    run_ended(*store, back, commit_of(id), true);
    CHECK(store->apply(change_to(id, {Status::deployed})).what == What::done);
}

TEMPLATE_TEST_CASE("a script's word is written down, and marked, until loomrel runs the service",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_database(ledger);
    const auto id = release_in(*store, k_to_production);
    store::Run other = new_run();
    other.service = "loom-shop";
    other.release_id.reset();
    run_ended(*store, other, commit_of(1), true);
    CHECK_FALSE(store->find_release(id)->unverified);
    // Who does not say that it is a script's gets nothing by it.
    CHECK(store->apply(change_to(id, {Status::deployed})).conflict == "not_proven");
    CHECK(store->apply(word_of_a_script(id, Status::deployed)).what == What::done);
    CHECK(store->find_release(id)->unverified);
    CHECK(last_detail(*store, id)["unverified"] == true);
    store::ReleaseQuery successful;
    successful.list = release::List::successful;
    REQUIRE(store->list_releases(successful).size() == 1);
    CHECK(store->list_releases(successful)[0].unverified);
    CHECK(store->list_releases({})[0].unverified);
    // The first run of loomrel's, wherever it is, ends that.
    run_ended(*store, new_run(), commit_of(id), true);
    CHECK(store->find_release(id)->unverified); // what was said stays what it was
    CHECK(store->apply(word_of_a_script(id, Status::rollback)).what == What::done);
    CHECK_FALSE(store->find_release(id)->unverified);
    CHECK(store->apply(word_of_a_script(id, Status::rollback_done)).what == What::done);
    CHECK(store->apply(word_of_a_script(id, Status::deployed)).conflict == "not_proven");
}

TEMPLATE_TEST_CASE("a script's claim is marked, and proven like any other",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_database(ledger);
    const auto id =
        release_in(*store, {Status::building, Status::stage_deploy, Status::manual_testing});
    store::Claim claim = claim_of(id);
    claim.run.reset();
    claim.by_script = true;
    CHECK(store->claim(claim).what == store::Claimed::What::refused);
    take_along(*store, id, {Status::manual_test_passed});
    claim.id = random_uuid();
    CHECK(store->claim(claim).what == store::Claimed::What::done);
    CHECK(store->find_release(id)->unverified);
}
