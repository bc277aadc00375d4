#include "tests/lib/store/ledgers.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

// A refused production deploy is told, and nobody floods chat or history by asking (design 13.10).

using namespace loomrel;
using namespace loomrel::test;
using nlohmann::json;
using release::Status;

namespace {

const std::vector<Status> k_tested{Status::building, Status::stage_deploy, Status::manual_testing};

std::size_t refusals(store::Store& store, std::int64_t id) {
    const auto events = store.events(id);
    return std::count_if(events.begin(), events.end(), [](const auto& event) {
        const json detail = json::parse(event.detail, nullptr, false);
        return detail.is_object() && detail.value("refused", "") == "claim";
    });
}

template <typename Ledger> std::vector<json> notices(const Ledger& ledger) {
    std::vector<json> facts;
    for (const auto& notice : open_database(ledger)->waiting_notices(1000)) {
        if (notice.kind == "claim_refused") {
            facts.push_back(json::parse(notice.fact));
        }
    }
    return facts;
}

// As if so much of it were an hour ago. The history takes no change, but by its owner.
template <typename Ledger> void let_an_hour_pass(const Ledger& ledger) {
    if constexpr (std::is_same_v<Ledger, PostgresLedger>) {
        ledger.sql("ALTER TABLE release_events DISABLE TRIGGER ALL");
        ledger.sql("UPDATE release_events SET at = at - interval '61 minutes'");
        ledger.sql("UPDATE outbox SET created_at = created_at - interval '61 minutes'");
    } else {
        ledger.sql("DROP TRIGGER release_events_no_update");
        ledger.sql("UPDATE release_events SET at = strftime('%Y-%m-%d %H:%M:%f', at,"
                   " '-61 minutes')");
        ledger.sql("UPDATE outbox SET created_at = strftime('%Y-%m-%d %H:%M:%f', created_at,"
                   " '-61 minutes')");
    }
}

} // namespace

TEMPLATE_TEST_CASE("a refused claim is told once an hour for one release and reason",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*open_database(ledger), k_tested);
    const auto other = release_in(*open_database(ledger), k_tested, "v1.2.4");
    for (int i = 0; i < 5; ++i) {
        CHECK(store->claim(claim_of(id)).conflict == "status");
    }
    CHECK(refusals(*store, id) == 1);
    REQUIRE(notices(ledger).size() == 1);
    CHECK(notices(ledger)[0]["conflict"] == "status");
    // Another release is another matter.
    CHECK(store->claim(claim_of(other)).conflict == "status");
    CHECK(refusals(*store, other) == 1);
    CHECK(notices(ledger).size() == 2);

    let_an_hour_pass(ledger);
    CHECK(store->claim(claim_of(id)).conflict == "status");
    CHECK(refusals(*store, id) == 2);
    CHECK(notices(ledger).size() == 3);
}

TEMPLATE_TEST_CASE("another reason is told beside the first", "", SqliteLedger, PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*store, k_tested);
    CHECK(store->claim(claim_of(id)).conflict == "status");
    take_along(*store, id, {Status::manual_test_passed});
    store::Claim claim = claim_of(id);
    claim.run->commit = std::string(40, 'b');
    CHECK(store->claim(claim).conflict == "commit");
    CHECK(refusals(*store, id) == 2);
    CHECK(notices(ledger).size() == 2);
}

TEMPLATE_TEST_CASE("who tells people himself leaves only the event",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*store, k_tested);
    store::Claim claim = claim_of(id);
    claim.tells_people = true;
    CHECK(store->claim(claim).conflict == "status");
    CHECK(refusals(*store, id) == 1);
    CHECK(notices(ledger).empty());
}

TEMPLATE_TEST_CASE("a barred key is told of once an hour, whatever releases it asks for",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    std::vector<std::int64_t> ids;
    for (const char* tag : {"v1.0.0", "v1.0.1", "v1.0.2"}) {
        ids.push_back(release_in(*store, k_tested, tag));
    }
    take_along(*store, ids[0], {Status::manual_test_passed});
    const auto ask = [&](std::int64_t id, const char* key) {
        store::Claim claim = claim_of(id);
        claim.actor = key;
        claim.barred = true;
        const auto claimed = store->claim(claim);
        CHECK(claimed.what == store::Claimed::What::refused);
        CHECK(claimed.conflict == "key");
    };
    for (const std::int64_t id : ids) {
        ask(id, "ci-stage");
        ask(id, "ci-stage");
    }
    // What was approved stays where it was.
    CHECK(store->find_release(ids[0])->status == "manual_test_passed");
    CHECK(refusals(*store, ids[0]) + refusals(*store, ids[1]) + refusals(*store, ids[2]) == 1);
    CHECK(notices(ledger).size() == 1);
    ask(ids[1], "ci-shop");
    CHECK(notices(ledger).size() == 2);
    let_an_hour_pass(ledger);
    ask(ids[1], "ci-shop");
    CHECK(refusals(*store, ids[1]) == 2);
}

TEMPLATE_TEST_CASE("whoever follows the history is given what is new, once",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_database(ledger);
    CHECK(store->newest_event() == 0);
    const auto id = release_in(*store, k_tested);
    const auto all = store->happened(0, {}, 100);
    REQUIRE(all.size() == 4);
    CHECK(all.back().id == store->newest_event());
    CHECK(all.back().release_id == id);
    CHECK(all.back().tag == "v1.2.3");
    CHECK(all.back().event.to == "manual_testing");
    CHECK(all.front().event.to == "initiated");
    std::set<std::int64_t> seen;
    for (const auto& one : all) {
        seen.insert(one.id);
    }
    CHECK(store->happened(0, seen, 100).empty());
    // One that was late stands between those that were seen.
    seen.erase(all[1].id);
    const auto late = store->happened(0, seen, 100);
    REQUIRE(late.size() == 1);
    CHECK(late[0].id == all[1].id);
    CHECK(store->happened(all[1].id, {}, 1).size() == 1);
}
