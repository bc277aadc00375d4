#include "tests/lib/store/ledgers.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

// Who began a run and who cancelled it (design 13.10).

using namespace loomrel;
using namespace loomrel::test;
using nlohmann::json;
using release::Status;
using store::RunOutcome;

namespace {

store::Run run_of_alice(std::optional<std::int64_t> release_id = std::nullopt) {
    store::Run run = new_run(release_id);
    run.began_by = "alice";
    run.began_via = "cli";
    run.key = "made-up";
    return run;
}

store::RunEnd cancelled(const store::Run& run, const std::string& by) {
    store::RunEnd end{run.id, RunOutcome::cancelled, "{}", {}};
    end.cancelled_by = by;
    return end;
}

std::vector<store::Notice> notices_of(store::ServerLedger& database, const std::string& kind) {
    auto all = database.waiting_notices(1000);
    std::erase_if(all, [&](const store::Notice& notice) { return notice.kind != kind; });
    return all;
}

// Over an API the key is the server's word.
template <typename Ledger> std::string key_of_ledger() {
    return std::is_same_v<Ledger, HttpLedger> ? store::k_interserver : "made-up";
}

} // namespace

TEMPLATE_TEST_CASE(
    "who began a run is kept, and through what", "", SqliteLedger, PostgresLedger, HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const store::Run given = run_of_alice();
    REQUIRE(store->open_run(given).opened);
    const auto found = store->find_run(given.id);
    REQUIRE(found);
    CHECK(found->began_by == "alice");
    CHECK(found->began_via == "cli");
    CHECK(found->key == key_of_ledger<TestType>());
    CHECK(found->cancelled_by.empty());
    // A loomrel from before these fields says nothing of them.
    const store::Run old = new_run(release_in(*store, {}));
    REQUIRE(store->open_run(old).opened);
    CHECK(store->find_run(old.id)->began_by.empty());
    CHECK(store->find_run(old.id)->began_via.empty());
}

TEMPLATE_TEST_CASE("a cancel is told with who it was: run, history, people, once",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*store, {});
    const store::Run given = run_of_alice(id);
    REQUIRE(store->open_run(given).opened);
    store->end_run(cancelled(given, "bob"));
    store->end_run(cancelled(given, "mallory"));
    CHECK(store->find_run(given.id)->cancelled_by == "bob");
    CHECK(store->find_run(given.id)->outcome == RunOutcome::cancelled);
    auto events = store->events(id);
    std::erase_if(events, [](const auto& event) { return !contains(event.detail, "cancelled"); });
    REQUIRE(events.size() == 1);
    CHECK(events[0].from == events[0].to);
    CHECK(as_said(events[0]).actor == "bob");
    CHECK(json::parse(events[0].detail)["cancelled"] == given.id);
    const auto notices = notices_of(*open_database(ledger), "cancelled");
    REQUIRE(notices.size() == 1);
    const json fact = json::parse(notices[0].fact);
    CHECK(fact["by"] == "bob");
    CHECK(fact["began_by"] == "alice");
    CHECK(fact["environment"] == "stage");
}

TEMPLATE_TEST_CASE("a cancelled run that moves no release is told as well",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const store::Run given = run_of_alice();
    REQUIRE(store->open_run(given).opened);
    store->end_run(cancelled(given, "bob"));
    CHECK(store->find_run(given.id)->cancelled_by == "bob");
    CHECK(notices_of(*open_database(ledger), "cancelled").size() == 1);
}

TEMPLATE_TEST_CASE("what came to a good end all the same was not cancelled",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const store::Run given = run_of_alice();
    REQUIRE(store->open_run(given).opened);
    store::RunEnd end = cancelled(given, "bob");
    end.outcome = RunOutcome::good;
    store->end_run(end);
    CHECK(store->find_run(given.id)->cancelled_by.empty());
    CHECK(notices_of(*open_database(ledger), "cancelled").empty());
}

TEMPLATE_TEST_CASE("a cancel that ends its release is told with the move",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*store, {Status::building});
    const store::Run given = run_of_alice(id);
    REQUIRE(store->open_run(given).opened);
    store::Change change = change_to(id, {Status::staging_failed});
    change.end_run = cancelled(given, "bob");
    CHECK(store->apply(change).status == "staging_failed");
    const auto events = store->events(id);
    CHECK(events.back().to == "staging_failed");
    CHECK(as_said(events.back()).actor == "bob");
    CHECK(store->find_run(given.id)->cancelled_by == "bob");
}

TEMPLATE_TEST_CASE("a run is found by the beginning of its id, which is no pattern",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const store::Run given = new_run();
    REQUIRE(store->open_run(given).opened);
    const auto found = [&](const std::string& beginning) {
        store::RunQuery query;
        query.id = beginning;
        return store->list_runs(query).size();
    };
    CHECK(found(given.id) == 1);
    CHECK(found(given.id.substr(0, 8)) == 1);
    CHECK(found(given.id + "0") == 0);
    CHECK(found("%") == 0);
    CHECK(found("________") == 0);
}
