#include "tests/lib/store/ledgers.hpp"

#include <algorithm>

using namespace loomrel;
using namespace loomrel::test;
using release::Status;
using What = store::Changed::What;

namespace {

// Ways from the beginning to each status.
std::vector<Status> way_to(Status status) {
    const std::vector<Status> tested{
        Status::building, Status::stage_deploy, Status::manual_testing};
    const auto longer = [](std::vector<Status> way, std::initializer_list<Status> more) {
        way.insert(way.end(), more);
        return way;
    };
    switch (status) {
    case Status::initiated:
        return {};
    case Status::building:
        return {Status::building};
    case Status::stage_deploy:
        return {Status::building, Status::stage_deploy};
    case Status::staging_failed:
        return {Status::staging_failed};
    case Status::manual_testing:
        return tested;
    case Status::manual_test_passed:
        return longer(tested, {Status::manual_test_passed});
    case Status::manual_test_failed:
        return longer(tested, {Status::manual_test_failed});
    case Status::deploying:
        return longer(tested, {Status::manual_test_passed, Status::deploying});
    case Status::deployed:
        return longer(tested, {Status::manual_test_passed, Status::deploying, Status::deployed});
    case Status::production_failed:
        return longer(tested,
                      {Status::manual_test_passed, Status::deploying, Status::production_failed});
    case Status::rollback:
        return longer(way_to(Status::deployed), {Status::rollback});
    case Status::rollback_done:
        return longer(way_to(Status::rollback), {Status::rollback_done});
    case Status::rollback_failed:
        return longer(way_to(Status::rollback), {Status::rollback_failed});
    }
    return {};
}

} // namespace

TEMPLATE_TEST_CASE("a release moves as the table says and in no other way",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    for (const Status from : release::all_statuses()) {
        for (const Status to : release::all_statuses()) {
            if (!release::move_to(to)) {
                continue; // no Change can hold it
            }
            const auto way = way_to(from);
            const auto id = release_in(*database, way);
            const bool served = std::ranges::find(way, Status::deployed) != way.end();
            const std::size_t before = store->events(id).size();
            CAPTURE(release::to_string(from), release::to_string(to));
            const auto changed = store->apply(change_to(id, {to}));
            const auto events = store->events(id);
            if (from == to) {
                CHECK(changed.what == What::already);
                CHECK(events.size() == before);
            } else if (release::may_become(from, to) && to == Status::deployed && !served) {
                // A word is not enough: no run left it serving.
                CHECK(changed.what == What::refused);
                CHECK(changed.conflict == "not_proven");
                CHECK(events.size() == before);
            } else if (release::may_become(from, to) && !release::is_again(from, to)) {
                CHECK(changed.what == What::done);
                CHECK(changed.status == release::to_string(to));
                REQUIRE(events.size() == before + 1);
                CHECK(events.back().from == release::to_string(from));
                CHECK(events.back().to == release::to_string(to));
            } else {
                CHECK(changed.what == What::refused);
                CHECK(changed.conflict == "status");
                CHECK(changed.status == release::to_string(from));
                CHECK(events.size() == before);
            }
            CHECK(store->find_release(id)->status == changed.status);
        }
    }
    CHECK(store->check().problems.empty());
}

TEMPLATE_TEST_CASE("what was tested or rejected goes back to stage with a deploy of its own alone",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    const auto other = release_in(*store, {});
    const std::vector<std::function<void(store::Run&)>> wrongs{
        [](store::Run& run) { run.environment = "prod"; },
        [](store::Run& run) { run.kind = store::RunKind::rehearsal; },
        [&](store::Run& run) { run.release_id = other; },
        [](store::Run& run) { run.release_id.reset(); }};
    for (const Status from :
         {Status::manual_testing, Status::manual_test_passed, Status::manual_test_failed}) {
        const auto id = release_in(*database, way_to(from));
        CAPTURE(release::to_string(from));
        CHECK(store->apply(change_to(id, {Status::building})).what == What::refused);
        for (const auto& spoil : wrongs) {
            auto change = change_to(id, {Status::building});
            change.open_run = new_run(id);
            spoil(*change.open_run);
            const auto refused = store->apply(change);
            CHECK(refused.what == What::refused);
            CHECK(refused.status == release::to_string(from));
            CHECK_FALSE(store->find_run(change.open_run->id));
        }
        auto change = change_to(id, {Status::building});
        change.open_run = new_run(id);
        CHECK(store->apply(change).status == "building");
        CHECK(store->find_run(change.open_run->id));
        // What people said of what was there before is over, their rejection included.
        CHECK(store->approvals(id).empty());
        CHECK_FALSE(store->find_release(id)->completed_at);
        store->end_run(end_of(*change.open_run, "", false)); // stage is free for the next
    }
    CHECK(store->check().problems.empty());
}

TEMPLATE_TEST_CASE("missing moves are caught up from where the release is",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*store, {Status::building});
    auto change = change_to(id, {Status::building, Status::stage_deploy, Status::manual_testing});
    change.steps[1].detail = R"({"at":"2024-03-15T14:30:00.000Z"})";
    const auto changed = store->apply(change);
    CHECK(changed.what == What::done);
    CHECK(changed.status == "manual_testing");
    const auto events = store->events(id);
    REQUIRE(events.size() == 4);
    CHECK(events[2].from == "building");
    CHECK(events[2].to == "stage_deploy");
    CHECK(as_said(events[2]).detail == R"({"at":"2024-03-15T14:30:00.000Z"})");
    CHECK(events[3].from == "stage_deploy");
    CHECK(events[3].to == "manual_testing");
}

TEMPLATE_TEST_CASE(
    "one step refused leaves nothing of the change", "", SqliteLedger, PostgresLedger, HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*store, {});
    auto change = change_to(id, {Status::building, Status::deployed});
    change.commit = std::string(40, 'a');
    change.link = "https://other";
    change.open_run = new_run(id);
    const auto changed = store->apply(change);
    CHECK(changed.what == What::refused);
    CHECK(changed.status == "initiated");
    const auto release = store->find_release(id);
    CHECK(release->status == "initiated");
    CHECK_FALSE(release->commit_sha);
    CHECK_FALSE(release->started_at);
    CHECK(release->github_action_link != "https://other");
    CHECK(store->events(id).size() == 1);
    CHECK_FALSE(store->find_run(change.open_run->id));
}

TEMPLATE_TEST_CASE(
    "the same change sent again is done once", "", SqliteLedger, PostgresLedger, HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*store, {});
    auto change = change_to(id, {Status::building, Status::stage_deploy});
    change.open_run = new_run(id);
    CHECK(store->apply(change).what == What::done);
    CHECK(store->apply(change).what == What::done);
    // Moved on since: the old change does nothing to it.
    CHECK(store->apply(change_to(id, {Status::staging_failed, Status::building})).what
          == What::done);
    const auto again = open_ledger(ledger)->apply(change);
    CHECK(again.what == What::done);
    CHECK(again.status == "building");
    CHECK(store->events(id).size() == 5);
    CHECK(store->list_runs({}).size() == 1);
}

TEMPLATE_TEST_CASE("a run whose end was told moves nothing any more",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*store, {});
    const store::Run run = new_run(id);
    REQUIRE(store->open_run(run).opened);
    auto end = change_to(id, {Status::building, Status::staging_failed});
    end.end_run = store::RunEnd{run.id, store::RunOutcome::failed, "{}", {}};
    CHECK(store->apply(end).what == What::done);
    const std::size_t events = store->events(id).size();
    // Its journal, read once more; its end, told by another who had watched it.
    auto replayed = change_to(id, {Status::building});
    replayed.during_run = run.id;
    CHECK(store->apply(replayed).what == What::already);
    auto again = change_to(id, {Status::building, Status::stage_deploy, Status::manual_testing});
    again.end_run = store::RunEnd{run.id, store::RunOutcome::good, "{}", {}};
    CHECK(store->apply(again).what == What::already);
    CHECK(store->find_release(id)->status == "staging_failed");
    CHECK(store->find_release(id)->completed_at);
    CHECK(store->events(id).size() == events);
    CHECK(store->find_run(run.id)->outcome == store::RunOutcome::failed);
    // A run under way does.
    const store::Run next = new_run(id);
    REQUIRE(store->open_run(next).opened);
    auto moved = change_to(id, {Status::building});
    moved.during_run = next.id;
    CHECK(store->apply(moved).what == What::done);
    CHECK(store->find_release(id)->status == "building");
}

TEMPLATE_TEST_CASE(
    "a commit is pinned once and never replaced", "", SqliteLedger, PostgresLedger, HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const std::string commit(40, 'a');
    const auto id = release_in(*store, {});
    auto change = change_to(id, {Status::building});
    change.commit = commit;
    CHECK(store->apply(change).what == What::done);
    CHECK(store->find_release(id)->commit_sha == commit);

    auto same = change_to(id, {Status::stage_deploy});
    same.commit = commit;
    CHECK(store->apply(same).what == What::done);

    auto other = change_to(id, {Status::manual_testing});
    other.commit = std::string(40, 'b');
    const auto refused = store->apply(other);
    CHECK(refused.what == What::refused);
    CHECK(refused.conflict == "commit");
    CHECK(refused.status == "stage_deploy");
    CHECK(store->find_release(id)->commit_sha == commit);
    CHECK(store->find_release(id)->status == "stage_deploy");

    // Also where there is nothing to move.
    auto idle = change_to(id, {Status::stage_deploy});
    idle.commit = std::string(40, 'b');
    CHECK(store->apply(idle).conflict == "commit");
}

TEMPLATE_TEST_CASE("the spec's own columns are patched with a move or without",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*store, {});
    auto change = change_to(id, {});
    change.run_id = "991";
    change.link = "https://github.example/runs/991";
    CHECK(store->apply(change).what == What::done);
    CHECK(store->events(id).size() == 1);
    auto move = change_to(id, {Status::staging_failed});
    move.rollback_to_tag = "v1.2.2";
    CHECK(store->apply(move).what == What::done);
    const auto release = store->find_release(id);
    CHECK(release->github_run_id == "991");
    CHECK(release->github_action_link == "https://github.example/runs/991");
    CHECK(release->rollback_to_tag == "v1.2.2");
    // The key is what it was created under.
    auto idle = change_to(id, {Status::staging_failed});
    idle.rollback_to_tag = "v1.2.1";
    CHECK(store->apply(idle).what == What::already);
    CHECK(store->find_release(id)->rollback_to_tag == "v1.2.1");
}

TEMPLATE_TEST_CASE("started_at is the first build, completed_at the first end since the last retry",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*store, {});
    const auto database = open_database(ledger);
    const auto at = [&](Status to) {
        take_along(*database, id, {to});
        return *store->find_release(id);
    };
    const auto mark = [&](const char* column) {
        ledger.sql(std::string("UPDATE releases SET ") + column + " = '2020-01-02 03:04:05'");
    };
    const Time marked = std::chrono::sys_days(std::chrono::year(2020) / 1 / 2)
                        + std::chrono::hours(3) + std::chrono::minutes(4) + std::chrono::seconds(5);

    release::Release row = at(Status::building);
    REQUIRE(row.started_at);
    CHECK(*row.started_at >= row.created_at);
    CHECK_FALSE(row.completed_at);
    mark("started_at");
    row = at(Status::staging_failed);
    CHECK(row.completed_at);
    row = at(Status::building);
    CHECK(row.started_at == marked);
    CHECK_FALSE(row.completed_at);
    at(Status::stage_deploy);
    at(Status::manual_testing);
    at(Status::manual_test_passed);
    CHECK_FALSE(at(Status::deploying).completed_at);
    CHECK(at(Status::production_failed).completed_at);
    CHECK_FALSE(at(Status::deploying).completed_at);
    CHECK(at(Status::deployed).completed_at);
    mark("completed_at");
    CHECK(at(Status::rollback).completed_at == marked);
    CHECK(at(Status::rollback_failed).completed_at == marked);
    at(Status::rollback);
    CHECK(at(Status::rollback_done).completed_at == marked);
    row = at(Status::deployed);
    CHECK(row.completed_at == marked);
    CHECK(row.started_at == marked);
}

TEMPLATE_TEST_CASE(
    "events cannot be changed or taken away", "", SqliteLedger, PostgresLedger, HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*store, {Status::building});
    CHECK(contains(refusal_of([&] { ledger.sql("UPDATE release_events SET actor = 'nobody'"); }),
                   "append-only"));
    CHECK(contains(refusal_of([&] { ledger.sql("DELETE FROM release_events"); }), "append-only"));
    if (std::is_same_v<TestType, PostgresLedger>) {
        CHECK(contains(refusal_of([&] { ledger.sql("TRUNCATE release_events CASCADE"); }),
                       "append-only"));
    }
    CHECK(store->events(id).size() == 2);
}

TEMPLATE_TEST_CASE("a row that was moved or a history that was edited behind our back is named",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    (void)release_in(*store, {Status::building});
    const auto moved = release_in(*store, {Status::building});
    const auto edited = release_in(*store, {Status::building, Status::stage_deploy});
    CHECK(store->check().problems.empty());
    ledger.sql("UPDATE releases SET status = 'deployed' WHERE id = " + std::to_string(moved));
    const std::string where =
        " WHERE to_status = 'building' AND release_id = " + std::to_string(edited);
    if (std::is_same_v<TestType, PostgresLedger>) {
        ledger.sql("SET session_replication_role = replica; DELETE FROM release_events" + where);
    } else {
        ledger.sql("DROP TRIGGER release_events_no_delete; DELETE FROM release_events" + where);
    }
    const auto problems = store->check().problems;
    REQUIRE(problems.size() == 2);
    CHECK(problems[0].starts_with("release " + std::to_string(moved) + " is \"deployed\""));
    CHECK(problems[1].starts_with("history of release " + std::to_string(edited) + ":"));
}

TEMPLATE_TEST_CASE("a detail that is not JSON does not keep a move out of the ledger",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*store, {});
    auto change = change_to(id, {Status::building, Status::stage_deploy});
    change.steps[0].detail = "half a {";
    change.steps[1].detail = "{\"output\":\"\\u0000\"}";
    CHECK(store->apply(change).what == What::done);
    CHECK(as_said(store->events(id)[1]).detail == R"({"text":"half a {"})");
    CHECK(as_said(store->events(id)[2]).detail == "{\"output\":\"\\u0000\"}");
}
