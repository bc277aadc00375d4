#include "lib/store/spool/rollback.hpp"
#include "lib/store/spool/spool.hpp"
#include "tests/lib/store/ledgers.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <thread>

using namespace loomrel;
using namespace loomrel::test;
using release::List;
using release::Status;
using store::RunKind;
using store::RunOutcome;
using What = store::Claimed::What;

namespace {

const std::vector<Status> k_tested{Status::building, Status::stage_deploy, Status::manual_testing};
const std::vector<Status> k_approved{
    Status::building, Status::stage_deploy, Status::manual_testing, Status::manual_test_passed};

bool is_listed(store::Store& store, List list, std::int64_t id) {
    store::ReleaseQuery query;
    query.list = list;
    query.service = "loom-content";
    const auto rows = store.list_releases(query);
    return std::any_of(rows.begin(), rows.end(), [&](const auto& row) { return row.id == id; });
}

std::optional<std::int64_t> outrun_by(store::Store& store, std::int64_t id) {
    return store.find_release(id)->superseded_by;
}

// A run on stage after which this is what its hosts say they serve. What is not a release's own run
// is one of that tag and commit.
void run_on_stage(store::Store& store,
                  std::optional<std::int64_t> id,
                  const std::vector<std::string>& serves,
                  RunKind kind = RunKind::deploy,
                  RunOutcome outcome = RunOutcome::good,
                  const std::string& commit = "") {
    std::this_thread::sleep_for(Milliseconds(3)); // told apart by when they started
    auto run = new_run(id);
    run.kind = kind;
    run.ref = "refs/tags/" + serves.at(0);
    run.commit = id ? run.commit : commit;
    REQUIRE(store.open_run(run).opened);
    store::RunEnd end{run.id, outcome, "{}", {}};
    for (std::size_t i = 0; i < serves.size(); ++i) {
        end.hosts.push_back({run.hosts[i], "ended", "ok", serves[i]});
    }
    store.end_run(end);
}

// Approved, claimed and run in production, well or not.
void run_in_production(store::Store& store, std::int64_t id, bool good = true, bool older = false) {
    auto claim = claim_of(id);
    claim.older = older;
    REQUIRE(store.claim(claim).what == What::done);
    auto end = change_to(id, {good ? Status::deployed : Status::production_failed});
    end.end_run = end_of(*claim.run, good ? store.find_release(id)->release_tag : "", good);
    REQUIRE(store.apply(end).what == store::Changed::What::done);
}

} // namespace

TEMPLATE_TEST_CASE("what stage does not serve any more is outrun, and no vote of it counts",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    const auto old = release_in(*database, k_tested, "v1.0.0");
    const auto approved = release_in(*database, k_approved, "v1.0.1");
    const auto early = release_in(*database, {Status::building}, "v1.0.2");
    const auto next = release_in(*database, k_tested, "v1.0.3");
    auto elsewhere = new_release("v1.0.0");
    elsewhere.service = "loom-user";
    const auto foreign = database->create_release(elsewhere).id;
    take_along(*database, foreign, k_tested);
    auto vote = decision_on(old, 11111);
    vote.rules.quorum = 2;
    REQUIRE(database->decide(vote).what == store::Decided::What::counted);
    run_on_stage(*store, next, {"v1.0.3", "v1.0.3"});

    CHECK(outrun_by(*store, old) == next);
    CHECK(store->find_release(old)->is_outrun());
    CHECK(store->find_release(old)->status == "manual_testing");
    CHECK(store->approvals(old).empty());
    CHECK(is_listed(*store, List::outrun, old));
    CHECK_FALSE(is_listed(*store, List::active, old));
    const auto event = store->events(old).back();
    CHECK(event.from == event.to);
    const auto detail = nlohmann::json::parse(event.detail);
    CHECK(detail["outrun"] == true);
    CHECK(detail["by"] == next);
    CHECK(detail["by_tag"] == "v1.0.3");
    CHECK(detail["environment"] == "stage");
    // Its message loses the buttons.
    CHECK(ledger.sql("SELECT count(*) FROM outbox WHERE event_id = (SELECT MAX(id) FROM"
                     " release_events WHERE release_id = "
                     + std::to_string(old) + ")")
          == "1");
    const auto late = database->decide(decision_on(old, 22222));
    CHECK(late.what == store::Decided::What::refused);
    CHECK(late.conflict == "outrun");
    CHECK(late.outrun_by == "v1.0.3");

    // Approved, it waits for production as before; what is on its way to stage goes on.
    for (const auto id : {approved, early, next, foreign}) {
        CHECK_FALSE(outrun_by(*store, id));
    }
    CHECK(is_listed(*store, List::active, approved));
    CHECK(store->claim(claim_of(approved)).what == What::done);
    // That it is bad can still be said.
    CHECK(database->decide(decision_on(old, 22222, store::Verdict::rejected)).what
          == store::Decided::What::rejected);
    CHECK(store->check().problems.empty());
}

TEMPLATE_TEST_CASE("what stage serves again is outrun no more, whatever run brought it back",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    const auto first = release_in(*database, k_tested, "v1.0.0");
    const auto second = release_in(*database, k_tested, "v1.0.1");
    const auto swap = [&](RunKind kind, RunOutcome outcome) {
        run_on_stage(*store, second, {"v1.0.1", "v1.0.1"});
        CHECK(outrun_by(*store, first) == second);
        CHECK_FALSE(outrun_by(*store, second));
        run_on_stage(*store, std::nullopt, {"v1.0.0", "v1.0.0"}, kind, outcome, commit_of(first));
        CHECK_FALSE(outrun_by(*store, first));
        CHECK(outrun_by(*store, second) == first);
        CHECK(is_listed(*store, List::active, first));
        CHECK(nlohmann::json::parse(store->events(first).back().detail)["outrun"] == false);
    };
    swap(RunKind::deploy, RunOutcome::good);
    swap(RunKind::deploy, RunOutcome::failed); // the host went back by itself
    swap(RunKind::rollback, RunOutcome::good);
    swap(RunKind::restore, RunOutcome::cancelled);
    // Hosts that know no tag say the commit.
    run_on_stage(*store, second, {"v1.0.1", "v1.0.1"});
    run_on_stage(*store, std::nullopt, {commit_of(first), commit_of(first)});
    CHECK_FALSE(outrun_by(*store, first));
    CHECK(database->decide(decision_on(first, 11111)).what == store::Decided::What::approved);
    CHECK(store->check().problems.empty());
}

TEMPLATE_TEST_CASE(
    "a tag that stage serves again as another commit, or as nobody knows which, clears"
    " nothing and is not approved",
    "",
    SqliteLedger,
    PostgresLedger,
    HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    const auto first = release_in(*database, k_tested, "v1.0.0");
    const auto second = release_in(*database, k_tested, "v1.0.1");
    const std::string other(40, 'd');
    // Built anew by a rollback: the run was opened without a commit, its journal names one.
    const auto rebuild = [&](const std::string& commit) {
        run_on_stage(*store, second, {"v1.0.1", "v1.0.1"});
        REQUIRE(outrun_by(*store, first) == second);
        std::this_thread::sleep_for(Milliseconds(3));
        auto run = new_run();
        run.kind = RunKind::rollback;
        run.ref = "refs/tags/v1.0.0";
        run.commit.clear();
        REQUIRE(store->open_run(run).opened);
        auto end = end_of(run, "v1.0.0");
        end.commit = commit;
        store->end_run(end);
        CHECK(store->find_run(run.id)->commit == commit);
    };
    for (const std::string& commit : {other, std::string()}) {
        rebuild(commit);
        CHECK(outrun_by(*store, first) == second);
        CHECK(database->decide(decision_on(first, 11111)).conflict == "outrun");
        // A row that nothing marked: the tag alone proves nothing.
        ledger.sql("UPDATE releases SET superseded_by = NULL WHERE id = " + std::to_string(first));
        const auto decided = database->decide(decision_on(first, 11111));
        CHECK(decided.conflict == "tag");
        CHECK(decided.stage_serves == commit);
    }
    rebuild(commit_of(first));
    CHECK_FALSE(outrun_by(*store, first));
    CHECK(database->decide(decision_on(first, 11111)).what == store::Decided::What::approved);
}

TEMPLATE_TEST_CASE("a run that cannot say what stage serves outruns nothing",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    const auto first = release_in(*database, k_tested, "v1.0.0");
    const auto second = release_in(*database, k_tested, "v1.0.1");
    const std::size_t events = store->events(first).size();
    run_on_stage(*store, second, {"", ""});
    run_on_stage(*store, second, {"v1.0.1", ""});
    run_on_stage(*store, second, {"v1.0.1", "v1.0.0"});
    run_on_stage(*store, second, {"sha256:0123", "sha256:0123"}); // no release of ours
    run_on_stage(*store, second, {"v1.0.1", "v1.0.1"}, RunKind::deploy, RunOutcome::unknown);
    // A rehearsal is one whole: there and back again, it ends where it was.
    run_on_stage(*store, second, {"v1.0.0", "v1.0.0"}, RunKind::rehearsal);
    auto other = new_run();
    other.service = "loom-user";
    REQUIRE(store->open_run(other).opened);
    store->end_run(end_of(other, "v1.0.1"));
    auto dev = new_run();
    dev.environment = "dev";
    REQUIRE(store->open_run(dev).opened);
    store->end_run(end_of(dev, "v1.0.1"));
    CHECK_FALSE(outrun_by(*store, first));
    CHECK(store->events(first).size() == events);
}

TEMPLATE_TEST_CASE("what is older than production is outrun up to its approval, and not beyond",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    const auto added = [](std::vector<Status> way, std::initializer_list<Status> more) {
        way.insert(way.end(), more);
        return way;
    };
    std::vector<std::int64_t> outrun;
    int patch = 0;
    const auto next_tag = [&] { return "v1.0." + std::to_string(patch++); };
    for (const auto& way :
         std::vector<std::vector<Status>>{{},
                                          {Status::building},
                                          {Status::building, Status::stage_deploy},
                                          k_tested,
                                          k_approved}) {
        outrun.push_back(release_in(*database, way, next_tag()));
    }
    std::vector<std::int64_t> kept;
    for (const auto& way : std::vector<std::vector<Status>>{
             {Status::staging_failed},
             added(k_tested, {Status::manual_test_failed}),
             added(k_approved, {Status::deploying}),
             added(k_approved, {Status::deploying, Status::production_failed})}) {
        kept.push_back(release_in(*database, way, next_tag()));
    }
    const auto deployed = release_in(*database, k_approved, "v1.1.0");
    kept.push_back(release_in(*database, k_approved, "v1.1.1"));
    // A failed one outruns nobody.
    run_in_production(*store, deployed, false);
    for (const auto id : outrun) {
        CHECK_FALSE(outrun_by(*store, id));
    }
    run_in_production(*store, deployed);
    for (const auto id : outrun) {
        CAPTURE(id);
        CHECK(outrun_by(*store, id) == deployed);
        CHECK(is_listed(*store, List::outrun, id));
        CHECK_FALSE(is_listed(*store, List::active, id));
        CHECK(nlohmann::json::parse(store->events(id).back().detail)["environment"] == "prod");
    }
    for (const auto id : kept) {
        CAPTURE(id);
        CHECK_FALSE(outrun_by(*store, id));
    }
    // Nobody begins its deploy any more, unless a person wants exactly that.
    const auto approved = outrun.back();
    CHECK(database->newest_dispatch(approved)->state == store::Notice::State::sent);
    const auto claimed = store->claim(claim_of(approved));
    CHECK(claimed.what == What::refused);
    CHECK(claimed.conflict == "outrun");
    CHECK(claimed.outrun_by == "v1.1.0");
    CHECK(claimed.status == "manual_test_passed");
    run_in_production(*store, approved, true, true);
    CHECK(is_listed(*store, List::successful, approved));
    CHECK(store->check().problems.empty());
}

TEMPLATE_TEST_CASE("older than what was deployed it is not let in, marked or not",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    const auto old = release_in(*database, k_approved, "v1.0.0");
    auto way = k_approved;
    way.insert(way.end(), {Status::deploying, Status::deployed});
    // Deployed without a run of ours, as before there was the mark.
    (void)release_in(*database, way, "v1.1.0");
    CHECK_FALSE(outrun_by(*store, old));
    auto claim = claim_of(old);
    const auto claimed = store->claim(claim);
    CHECK(claimed.conflict == "outrun");
    CHECK(claimed.outrun_by == "v1.1.0");
    claim = claim_of(old);
    claim.older = true;
    CHECK(store->claim(claim).what == What::done);
    // The same version again, and that of another service, are not older.
    (void)release_in(*database, way, "v1.1.0");
    auto elsewhere = new_release("v0.1.0");
    elsewhere.service = "loom-user";
    const auto foreign = database->create_release(elsewhere).id;
    take_along(*database, foreign, k_approved);
    auto other = claim_of(foreign);
    other.run->service = "loom-user";
    CHECK(store->claim(other).what == What::done);
}

TEMPLATE_TEST_CASE("put on stage anew, a release is outrun no more",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    const auto first = release_in(*database, k_tested, "v1.0.0");
    const auto second = release_in(*database, k_tested, "v1.0.1");
    run_on_stage(*store, second, {"v1.0.1", "v1.0.1"});
    REQUIRE(outrun_by(*store, first) == second);
    take_along(*database, first, {Status::building});
    CHECK_FALSE(outrun_by(*store, first));
    CHECK(is_listed(*store, List::active, first));
}

TEMPLATE_TEST_CASE("an end that is told late does not say what stage serves now",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    const auto first = release_in(*database, k_tested, "v1.0.0");
    const auto second = release_in(*database, k_tested, "v1.0.1");
    const auto early = new_run(first);
    REQUIRE(store->open_run(early).opened);
    std::this_thread::sleep_for(Milliseconds(10)); // runs are told apart by when they began
    run_on_stage(*store, second, {"v1.0.1", "v1.0.1"});
    REQUIRE(outrun_by(*store, first) == second);
    store->end_run(end_of(early, "v1.0.0"));
    CHECK(outrun_by(*store, first) == second);
    CHECK_FALSE(outrun_by(*store, second));
}

TEMPLATE_TEST_CASE("a run that the ledger hears of only afterwards began when it did",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    const auto first = release_in(*database, k_tested, "v1.0.0");
    const auto second = release_in(*database, k_tested, "v1.0.1");
    run_on_stage(*store, second, {"v1.0.1", "v1.0.1"});
    REQUIRE(outrun_by(*store, first) == second);
    store::Rollback late;
    late.id = random_uuid();
    late.from_tag = "v1.0.1";
    late.to_tag = "v1.0.0";
    late.good = true;
    late.detail = "{}";
    late.run = new_run();
    late.run.kind = store::RunKind::rollback;
    late.run.started_at = now() - std::chrono::hours(1);
    late.end = end_of(late.run, "v1.0.0");
    (void)store::tell(*store, late);
    CHECK_FALSE(outrun_by(*store, second));
    CHECK(outrun_by(*store, first) == second);
    // Nobody's clock puts it behind what is there.
    auto ahead = new_run();
    ahead.started_at = now() + std::chrono::hours(24);
    store::tell_late(*store, ahead);
    CHECK(store->find_run(ahead.id)->started_at <= now() + std::chrono::minutes(1));
}
