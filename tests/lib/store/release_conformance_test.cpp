#include "tests/lib/store/ledgers.hpp"

#include <algorithm>
#include <limits>

using namespace loomrel;
using namespace loomrel::test;
using release::List;
using release::Status;

TEMPLATE_TEST_CASE(
    "a release is kept as it was given", "", SqliteLedger, PostgresLedger, HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    store::NewRelease given = new_release();
    given.by = "O'Brien \"гоммго\" 🚀";
    given.commit = "1f0c2a3b4d5e6f708192a3b4c5d6e7f801234567";
    const store::Created created = store->create_release(given);
    CHECK(created.created);
    CHECK(created.status == "initiated");

    const auto found = open_ledger(ledger)->find_release(created.id);
    REQUIRE(found);
    CHECK(found->id == created.id);
    CHECK(found->service_name == given.service);
    CHECK(found->release_tag == given.tag);
    CHECK(found->rollback_to_tag.empty());
    CHECK(found->status == "initiated");
    CHECK(found->initiated_by == given.by);
    CHECK(found->github_run_id == given.run_id);
    CHECK(found->github_action_link == given.link);
    CHECK(found->github_ref == given.ref);
    CHECK(found->commit_sha == given.commit);
    CHECK_FALSE(found->started_at);
    CHECK_FALSE(found->completed_at);
    CHECK(std::chrono::abs(*found->created_at - now()) < std::chrono::minutes(1));
}

TEMPLATE_TEST_CASE(
    "the first event says who made the release", "", SqliteLedger, PostgresLedger, HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = store->create_release(new_release()).id;
    const auto events = store->events(id);
    REQUIRE(events.size() == 1);
    const release::Event said = as_said(events[0]);
    CHECK(said.from.empty());
    CHECK(said.to == "initiated");
    CHECK(said.actor == "gommgo");
    CHECK(said.source == "cli");
    CHECK(said.detail == "{}");
    CHECK(std::chrono::abs(events[0].at - now()) < std::chrono::minutes(1));
}

TEMPLATE_TEST_CASE("the same service, tag and run again is the same release",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const store::NewRelease given = new_release();
    const auto first = store->create_release(given);
    (void)store->apply(change_to(first.id, {Status::building}));
    const auto second = open_ledger(ledger)->create_release(given);
    CHECK(second.id == first.id);
    CHECK_FALSE(second.created);
    CHECK(second.status == "building");
    CHECK(store->events(first.id).size() == 2);

    store::NewRelease other = given;
    other.run_id = random_uuid();
    CHECK(store->create_release(other).id != first.id);
    other = given;
    other.service = "loom-user";
    CHECK(store->create_release(other).id != first.id);
}

TEMPLATE_TEST_CASE("what is not there is not found", "", SqliteLedger, PostgresLedger, HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    (void)store->create_release(new_release());
    for (const std::int64_t id : {std::int64_t{0},
                                  std::int64_t{-1},
                                  std::int64_t{4242},
                                  std::int64_t{1} << 40U,
                                  std::numeric_limits<std::int64_t>::max()}) {
        CHECK_FALSE(store->find_release(id));
        CHECK(store->events(id).empty());
        CHECK(store->apply(change_to(id, {Status::building})).what == store::Changed::What::absent);
    }
    CHECK_FALSE(store->find_run(random_uuid()));
    CHECK(store->run_hosts(random_uuid()).empty());
}

TEMPLATE_TEST_CASE("a ledger that nobody has written to yet is empty and stays unmade",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    CHECK(store->list_releases({}).empty());
    CHECK(store->list_runs({}).empty());
    CHECK_FALSE(store->find_release(1));
    const store::SchemaState state = store->check();
    CHECK(state.applied.empty());
    CHECK_FALSE(state.pending.empty());
}

TEMPLATE_TEST_CASE("lists give the newest first, by list, service, tag and page",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto one = release_in(*store, {}, "v1.0.1");
    const auto failed = release_in(*store, {Status::staging_failed}, "v1.0.2");
    const auto three = release_in(*store, {Status::building}, "v1.0.3");
    store::NewRelease other = new_release("v1.0.1");
    other.service = "loom-user";
    const auto four = store->create_release(other).id;

    const auto ids = [&](const store::ReleaseQuery& query) {
        std::vector<std::int64_t> found;
        for (const auto& release : store->list_releases(query)) {
            found.push_back(release.id);
        }
        return found;
    };
    using Ids = std::vector<std::int64_t>;
    store::ReleaseQuery query;
    CHECK(ids(query) == Ids{four, three, failed, one});
    query.limit = 2;
    CHECK(ids(query) == Ids{four, three});
    query.before = three;
    CHECK(ids(query) == Ids{failed, one});
    query = {};
    query.list = List::active;
    CHECK(ids(query) == Ids{four, three, one});
    query.limit = 1;
    query.before = four;
    CHECK(ids(query) == Ids{three});
    query = {};
    query.list = List::failed;
    CHECK(ids(query) == Ids{failed});
    query.list = List::successful;
    CHECK(ids(query).empty());
    query = {};
    query.service = "loom-user";
    CHECK(ids(query) == Ids{four});
    query.list = List::active;
    query.tag = "v1.0.1";
    CHECK(ids(query) == Ids{four});
    query.service = "loom-content";
    CHECK(ids(query) == Ids{one});
    query = {};
    query.tag = "v1.0.1";
    CHECK(ids(query) == Ids{four, one});
    query.limit = 0;
    CHECK(ids(query).empty());
}

TEMPLATE_TEST_CASE("a status of an older system is shown as text, in no list, and has no moves",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*store, {});
    ledger.sql("UPDATE releases SET status = 'на паузе'");
    CHECK(store->find_release(id)->status == "на паузе");
    CHECK_FALSE(store->find_release(id)->state());
    CHECK(store->list_releases({}).size() == 1);
    for (const List list : {List::active, List::successful, List::failed, List::outrun}) {
        store::ReleaseQuery query;
        query.list = list;
        CHECK(store->list_releases(query).empty());
    }
    for (const Status to : release::all_statuses()) {
        if (!release::move_to(to)) {
            continue; // no Change can hold it
        }
        const auto changed = store->apply(change_to(id, {to}));
        CHECK(changed.what == store::Changed::What::refused);
        CHECK(changed.status == "на паузе");
    }
    CHECK(store->claim(claim_of(id)).conflict == "status");
    CHECK(open_database(ledger)->decide(decision_on(id, 11111)).conflict == "status");
    for (const auto& event : store->events(id)) {
        CHECK((event.from.empty() || event.from == event.to));
    }
}

// A Release API does not let such values in.
TEMPLATE_TEST_CASE("SQL in a value is a value", "", SqliteLedger, PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    store::NewRelease given = new_release();
    given.by = "'); DROP TABLE releases; --";
    given.link = "$1 ?1 :a %s";
    given.ref = std::string("a\0b\xff", 4);
    const auto id = store->create_release(given).id;
    const auto found = store->find_release(id);
    REQUIRE(found);
    CHECK(found->initiated_by == given.by);
    CHECK(found->github_action_link == given.link);
    CHECK(found->github_ref.starts_with("a"));
    store::ReleaseQuery query;
    query.service = "' OR '1' = '1";
    CHECK(store->list_releases(query).empty());
}
