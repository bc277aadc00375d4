#include "tests/lib/store/ledgers.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

using namespace loomrel;
using namespace loomrel::test;
using release::List;
using release::Status;
using What = store::Changed::What;

namespace {

const std::string k_commit(40, 'a');

store::NewRelease with_commit(const std::string& tag, const std::string& commit) {
    auto release = new_release(tag);
    release.commit = commit;
    return release;
}

bool is_listed(store::Store& store, List list, std::int64_t id) {
    store::ReleaseQuery query;
    query.list = list;
    const auto rows = store.list_releases(query);
    return std::any_of(rows.begin(), rows.end(), [&](const auto& row) { return row.id == id; });
}

// A second release of the tag, begun by another run on stage that did not know the commit yet.
struct Second {
    std::int64_t id = 0;
    store::Run run;
    store::Change change; // by which its commit becomes known
};

Second begin_second(store::Store& store, std::int64_t id) {
    Second second;
    second.id = id;
    second.run = new_run(second.id);
    second.run.commit.clear();
    auto begin = change_to(second.id, {});
    begin.open_run = second.run;
    REQUIRE(store.apply(begin).what == What::done);
    second.change = change_to(second.id, {Status::building});
    second.change.commit = k_commit;
    second.change.during_run = second.run.id;
    return second;
}

Second begin_second(store::Store& store) {
    return begin_second(store, release_in(store, {}));
}

} // namespace

TEMPLATE_TEST_CASE("one service, tag and commit are one release, whatever run begins it",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto first = store->create_release(with_commit("v1.2.3", k_commit));
    CHECK(first.created);
    REQUIRE(store->apply(change_to(first.id, {Status::building})).what == What::done);
    const auto again = with_commit("v1.2.3", k_commit);
    const auto second = store->create_release(again);
    CHECK(second.id == first.id);
    CHECK_FALSE(second.created);
    CHECK(second.status == "building");
    // Its own run finds it from then on, commit or not.
    auto later = again;
    later.commit.clear();
    CHECK(store->create_release(later).id == first.id);
    std::set<std::int64_t> others{first.id};
    others.insert(store->create_release(with_commit("v1.2.4", k_commit)).id);
    others.insert(store->create_release(with_commit("v1.2.3", std::string(40, 'b'))).id);
    others.insert(store->create_release(new_release("v1.2.3")).id);
    auto service = with_commit("v1.2.3", k_commit);
    service.service = "loom-user";
    others.insert(store->create_release(service).id);
    CHECK(others.size() == 5);
    CHECK(store->check().problems.empty());
}

TEMPLATE_TEST_CASE("a commit that becomes known joins the release that had it first",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto first = store->create_release(with_commit("v1.2.3", k_commit)).id;
    REQUIRE(store->apply(change_to(first, {Status::staging_failed})).what == What::done);
    const Second second = begin_second(*store);
    const auto joined = store->apply(second.change);
    CHECK(joined.what == What::done);
    CHECK(joined.joined == first);
    CHECK(joined.status == "building");
    // The same change again, as after a lost answer.
    const auto again = open_ledger(ledger)->apply(second.change);
    CHECK(again.what == What::done);
    CHECK(again.joined == first);
    CHECK(again.status == "building");

    CHECK(store->find_release(first)->status == "building");
    CHECK(store->find_run(second.run.id)->release_id == first);
    const auto row = *store->find_release(second.id);
    CHECK(row.superseded_by == first);
    CHECK(row.commit_sha == k_commit);
    CHECK(row.status == "initiated");
    CHECK(row.is_outrun());
    CHECK(is_listed(*store, List::active, first));
    CHECK_FALSE(is_listed(*store, List::active, second.id));
    CHECK(is_listed(*store, List::outrun, second.id));
    const auto detail = nlohmann::json::parse(store->events(second.id).back().detail);
    CHECK(detail["same"] == true);
    CHECK(detail["by"] == first);

    // What the run comes to is told of the first one, and stage serving it clears no twin.
    auto end = change_to(first, {Status::stage_deploy, Status::manual_testing});
    end.end_run = end_of(second.run, "v1.2.3");
    CHECK(store->apply(end).status == "manual_testing");
    CHECK(store->find_release(second.id)->superseded_by == first);
    CHECK_FALSE(store->find_release(first)->superseded_by);
    CHECK(store->check().problems.empty());
}

TEMPLATE_TEST_CASE("whoever asks for the second row by its GitHub run is given the first",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto first = store->create_release(with_commit("v1.2.3", k_commit)).id;
    const auto asked = new_release();
    Second second = begin_second(*store, store->create_release(asked).id);
    REQUIRE(store->apply(second.change).joined == first);
    const auto again = store->create_release(asked);
    CHECK(again.id == first);
    CHECK_FALSE(again.created);
}

TEMPLATE_TEST_CASE("what stage serves is the first of two rows, never the second",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    const auto first = store->create_release(with_commit("v1.2.3", k_commit)).id;
    REQUIRE(store->apply(begin_second(*store).change).joined == first);
    const auto other = release_in(
        *database, {Status::building, Status::stage_deploy, Status::manual_testing}, "v1.2.4");
    auto run = new_run();
    run.ref = "refs/tags/v1.2.3";
    run.commit = k_commit;
    REQUIRE(store->open_run(run).opened);
    store->end_run(end_of(run, GENERATE(std::string("v1.2.3"), k_commit)));
    CHECK(store->find_release(other)->superseded_by == first);
}

TEMPLATE_TEST_CASE("a commit that is first told with the run's end joins as well",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto first = store->create_release(with_commit("v1.2.3", k_commit)).id;
    const Second second = begin_second(*store);
    auto end =
        change_to(second.id, {Status::building, Status::stage_deploy, Status::manual_testing});
    end.commit = k_commit;
    end.end_run = end_of(second.run, "v1.2.3");
    end.during_run = second.run.id;
    const auto told = store->apply(end);
    CHECK(told.status == "manual_testing");
    CHECK(told.joined == first);
    CHECK(store->find_release(first)->status == "manual_testing");
    CHECK(store->find_release(second.id)->superseded_by == first);
    CHECK(store->find_run(second.run.id)->ended_at);
}

TEMPLATE_TEST_CASE("joined, a tested release is tested anew, one in production is left alone",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    const bool in_production = GENERATE(false, true);
    const auto first = store->create_release(with_commit("v1.2.3", k_commit)).id;
    std::vector<Status> way{
        Status::building, Status::stage_deploy, Status::manual_testing, Status::manual_test_passed};
    if (in_production) {
        way.push_back(Status::deploying);
    }
    take_along(*database, first, way);
    const Second second = begin_second(*store);
    const auto joined = store->apply(second.change);
    CHECK(joined.what == What::done);
    CHECK(joined.joined == first);
    CHECK(joined.status == (in_production ? "deploying" : "building"));
    CHECK(store->find_release(first)->status == joined.status);
    CHECK(store->approvals(first).empty() == !in_production);
    CHECK(store->find_run(second.run.id)->release_id == first);
}

TEMPLATE_TEST_CASE("a release that went its own way for long does not join another",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto first = store->create_release(with_commit("v1.2.3", k_commit)).id;
    const auto second = store->create_release(new_release()).id;
    REQUIRE(store->apply(change_to(second, {Status::building, Status::stage_deploy})).what
            == What::done);
    auto pin = change_to(second, {Status::manual_testing});
    pin.commit = k_commit;
    const auto changed = store->apply(pin);
    CHECK(changed.what == What::done);
    CHECK_FALSE(changed.joined);
    CHECK(store->find_release(second)->commit_sha == k_commit);
    CHECK(store->find_release(first)->status == "initiated");
}

TEMPLATE_TEST_CASE("begun by hand, the newest release that is on its way to stage goes on",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    const auto by_hand = [&](const std::string& commit = "", const std::string& tag = "v1.2.3") {
        auto release = with_commit(tag, commit);
        release.continues = true;
        return store->create_release(release);
    };
    const auto first = by_hand();
    CHECK(first.created);
    CHECK(by_hand().id == first.id);
    CHECK_FALSE(by_hand().created);
    CHECK(by_hand("", "v1.2.4").id != first.id);
    for (const Status status : {Status::building, Status::stage_deploy, Status::staging_failed}) {
        take_along(*database, first.id, {status});
        CHECK(by_hand().id == first.id);
        CHECK(by_hand(commit_of(first.id)).id == first.id);
    }
    // Of another commit it is another release; the next one continues the newest.
    const auto other = by_hand(k_commit);
    CHECK(other.created);
    CHECK(by_hand().id == other.id);
    // What was tested is not on its way any more.
    take_along(
        *database, other.id, {Status::building, Status::stage_deploy, Status::manual_testing});
    const auto next = by_hand();
    CHECK(next.created);
    CHECK(next.id > other.id);
    // But one commit is one release, wherever it is.
    CHECK(by_hand(k_commit).id == other.id);
    // A run of CI's begins its own.
    CHECK(store->create_release(new_release()).created);
    CHECK(store->check().problems.empty());
}

TEMPLATE_TEST_CASE("of many who begin one tag by hand at once all get the same release",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    (void)open_ledger(ledger)->migrate();
    for (int round = 1; round <= 3; ++round) {
        const bool known = round == 3;
        const std::string tag = "v1.0." + std::to_string(round);
        const auto codes = in_processes(10, [&](int) {
            auto release = with_commit(tag, known ? k_commit : "");
            release.continues = true;
            return static_cast<int>(
                open_ledger(ledger, Milliseconds(60000))->create_release(release).id);
        });
        CHECK(std::set<int>(codes.begin(), codes.end()).size() == 1);
        CHECK(codes[0] > 0);
    }
    CHECK(ledger.sql("SELECT count(*) FROM releases") == "3");
}

TEMPLATE_TEST_CASE("a rejection is of the commit, under whatever tag it waits",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto server = open_database(ledger);
    const auto made = [&](const char* tag, const std::string& commit, std::vector<Status> way) {
        const auto id = server->create_release(with_commit(tag, commit)).id;
        take_along(*server, id, way);
        return id;
    };
    const std::vector<Status> tested{
        Status::building, Status::stage_deploy, Status::manual_testing};
    auto passed = tested;
    passed.push_back(Status::manual_test_passed);
    const auto first = made("v1.2.3", k_commit, tested);
    const auto waiting = made("v1.2.4", k_commit, tested);
    const auto approved = made("v1.2.5", k_commit, passed);
    const auto early = made("v1.2.6", k_commit, {Status::building});
    const auto other = made("v1.2.7", std::string(40, 'b'), passed);
    auto elsewhere = with_commit("v1.2.3", k_commit);
    elsewhere.service = "loom-user";
    const auto foreign = server->create_release(elsewhere).id;
    take_along(*server, foreign, tested);
    auto no = decision_on(first, 22222, store::Verdict::rejected);
    no.commit = k_commit;
    CHECK(server->decide(no).what == store::Decided::What::rejected);
    CHECK(server->decide(no).what == store::Decided::What::rejected); // the same one again
    for (const auto id : {first, waiting, approved}) {
        CHECK(server->find_release(id)->status == "manual_test_failed");
        CHECK(server->find_release(id)->completed_at);
    }
    for (const auto id : {waiting, approved}) {
        const auto last = server->events(id).back();
        const auto detail = nlohmann::json::parse(last.detail);
        CHECK(last.actor == "approver 22222");
        CHECK(detail["rejected_with"] == first);
        CHECK(detail["rejected_with_tag"] == "v1.2.3");
        CHECK(detail["reason"] == "не открывается");
    }
    CHECK(server->newest_dispatch(approved)->state == store::Notice::State::sent);
    CHECK(server->newest_dispatch(other)->state == store::Notice::State::waiting);
    CHECK(server->find_release(early)->status == "building");
    CHECK(server->find_release(other)->status == "manual_test_passed");
    CHECK(server->find_release(foreign)->status == "manual_testing");
    CHECK(server->check().problems.empty());
}
