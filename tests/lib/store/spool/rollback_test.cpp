#include "lib/store/server_ledger.hpp"
#include "lib/store/spool/spool.hpp"
#include "tests/lib/store/ledgers.hpp"

using namespace loomrel;
using namespace loomrel::test;
using release::Status;

namespace {

// Two releases that went to production one after the other: ids of the older and of the newer one.
std::pair<std::int64_t, std::int64_t> two_deployed(store::Store& store) {
    std::vector<std::int64_t> ids;
    for (const char* tag : {"v1.0.0", "v1.1.0"}) {
        const std::int64_t id = store.create_release(new_release(tag)).id;
        take_along(store,
                   id,
                   {Status::building,
                    Status::stage_deploy,
                    Status::manual_testing,
                    Status::manual_test_passed,
                    Status::deploying,
                    Status::deployed});
        ids.push_back(id);
    }
    return {ids[0], ids[1]};
}

store::Rollback told(const std::string& from, const std::string& to, bool good = true) {
    store::Rollback rollback;
    rollback.id = random_uuid();
    rollback.from_tag = from;
    rollback.to_tag = to;
    rollback.good = good;
    rollback.actor = "devops";
    rollback.run.id = random_uuid();
    rollback.run.service = new_release().service;
    rollback.run.environment = "prod";
    rollback.run.kind = store::RunKind::rollback;
    rollback.run.ref = "refs/tags/" + to;
    rollback.run.hosts = {"root@prod:22"};
    rollback.end.run_id = rollback.run.id;
    rollback.end.outcome = good ? store::RunOutcome::good : store::RunOutcome::failed;
    rollback.end.result = "{}";
    rollback.end.hosts = {{"root@prod:22", "ended", good ? "good" : "failed", to}};
    return rollback;
}

std::string status_of(store::Store& store, std::int64_t id) {
    return store.find_release(id)->status;
}

} // namespace

TEMPLATE_TEST_CASE("a rollback told by tags moves what served, and what serves again",
                   "",
                   SqliteLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto [older, newer] = two_deployed(*open_database(ledger));
    const store::Rollback back = told("v1.1.0", "v1.0.0");
    store::tell(*store, back);
    CHECK(status_of(*store, newer) == "rollback_done");
    CHECK(store->find_release(newer)->rollback_to_tag == "v1.0.0");
    CHECK(status_of(*store, older) == "deployed");
    CHECK(store->find_run(back.run.id)->outcome == store::RunOutcome::good);

    // Told twice it is done once.
    const std::size_t events = store->events(newer).size();
    store::tell(*store, back);
    CHECK(store->events(newer).size() == events);

    // Forward again: the one that was rolled back is deployed once more.
    store::tell(*store, told("v1.0.0", "v1.1.0"));
    CHECK(status_of(*store, newer) == "deployed");
    CHECK(status_of(*store, older) == "rollback_done");
}

TEST_CASE("a rollback that failed leaves the target alone") {
    const SqliteLedger ledger;
    const auto store = open_ledger(ledger);
    const auto [older, newer] = two_deployed(*store);
    store::tell(*store, told("v1.1.0", "v1.0.0", false));
    CHECK(status_of(*store, newer) == "rollback_failed");
    CHECK(store->find_release(newer)->rollback_to_tag.empty());
    CHECK(status_of(*store, older) == "deployed");
}

TEST_CASE("a rollback of what the ledger does not know only ends its run") {
    const SqliteLedger ledger;
    const auto store = open_ledger(ledger);
    const auto [older, newer] = two_deployed(*store);
    store::Rollback unknown = told("sha256:0123", "v1.0.0", true);
    store::tell(*store, unknown);
    store::Rollback nameless = told("", "v1.0.0", true);
    store::tell(*store, nameless);
    store::Rollback on_stage = told("v1.1.0", "v1.0.0", true);
    on_stage.run.environment = "stage";
    store::tell(*store, on_stage);
    CHECK(status_of(*store, newer) == "deployed");
    CHECK(status_of(*store, older) == "deployed");
    for (const auto& each : {unknown, nameless, on_stage}) {
        CHECK(store->find_run(each.run.id)->ended_at);
    }
}

TEST_CASE("a rollback waits in the spool until the ledger is there") {
    const TempFolder folder;
    const SqliteLedger ledger;
    store::Spool spool(folder.path() / "spool", "sqlite:///ledger");
    spool.keep(told("v1.1.0", "v1.0.0"));
    CHECK(spool.waiting() == 1);
    const auto store = open_ledger(ledger);
    const auto [older, newer] = two_deployed(*store);
    CHECK(spool.deliver(*store) == 1);
    CHECK(spool.waiting() == 0);
    CHECK(status_of(*store, newer) == "rollback_done");
}

TEST_CASE("what the ledger can never take is set aside, and what comes behind it is told") {
    LOOMREL_NEEDS(HttpLedger);
    const TempFolder folder;
    const HttpLedger ledger;
    store::Spool spool(folder.path() / "spool", "https://ledger");
    store::Rollback impossible = told("v9.0.0", "v8.0.0");
    impossible.run.id = impossible.end.run_id = "no id of ours";
    spool.keep(impossible);
    spool.keep(told("v1.1.0", "v1.0.0"));
    const auto store = open_ledger(ledger);
    const auto [older, newer] = two_deployed(*open_database(ledger));
    CHECK(spool.deliver(*store) == 1);
    CHECK(spool.waiting() == 0);
    CHECK(spool.refused() == 1);
    CHECK(status_of(*store, newer) == "rollback_done");
}

TEMPLATE_TEST_CASE("a rollback that moves no release is told to people, once",
                   "",
                   SqliteLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    const auto notices = [&] {
        auto all = database->waiting_notices(100);
        std::erase_if(all, [](const auto& notice) { return notice.kind != "rolled_back"; });
        return all;
    };
    (void)two_deployed(*database);
    store::Rollback rollback = told("v1.1.0", "v1.0.0");
    rollback.run.environment = "stage";
    (void)store::tell(*store, rollback);
    (void)store::tell(*store, rollback);
    REQUIRE(notices().size() == 1);
    CHECK(contains(notices()[0].fact, "\"by\":\"devops\""));
    CHECK(contains(notices()[0].fact, "\"environment\":\"stage\""));
    // A move tells it, and so does a cancel.
    (void)store::tell(*store, told("v1.1.0", "v1.0.0"));
    store::Rollback cancelled = told("v1.1.0", "v1.0.0", false);
    cancelled.run.environment = "stage";
    cancelled.end.outcome = store::RunOutcome::cancelled;
    cancelled.end.cancelled_by = "bob";
    (void)store::tell(*store, cancelled);
    CHECK(notices().size() == 1);
}
