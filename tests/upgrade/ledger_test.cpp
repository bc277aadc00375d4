#include "lib/base/text.hpp"
#include "lib/store/server_ledger.hpp"
#include "lib/store/spool/spool.hpp"
#include "tests/upgrade/old_ledger.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

using namespace loomrel;
using namespace loomrel::test;
using release::Status;

namespace {

struct Table {
    const char* name;
    const char* columns; // those that no migration may change a value of
    const char* rows = "";
};

// Every table that a6b57ca had. A run may be ended and a dispatch be put into columns: what becomes
// of these is looked at by itself.
constexpr Table k_tables[] = {
    {"releases",
     "id, service_name, release_tag, rollback_to_tag, status, initiated_by, github_run_id,"
     " github_action_link, github_ref, created_at, started_at, completed_at, commit_sha"},
    {"release_keys", "service, tag, run_id, release_id", " WHERE run_id NOT LIKE 'commit:%'"},
    {"release_events",
     "id, release_id, at, from_status, to_status, actor, source, detail, change_id, step"},
    {"release_approvals", "release_id, commit_sha, approver_id, approver_name, decision, at"},
    {"runs",
     "id, service, environment, kind, release_id, ref, commit_sha, github_run_id,"
     " github_run_attempt, started_at, seen_at, result"},
    {"run_hosts", "run_id, host, position, state, outcome, serves"},
    {"outbox", "id, kind, release_id, event_id, fact, key, state, attempts, created_at, due_at"},
    {"messages", "release_id, chat_id, thread_id, message_id, purpose"},
    {"telegram_updates", "update_id, at"},
    {"telegram_chats", "old_id, new_id, at"},
    {"leases", "name, owner, until"},
};

using Rows = std::multiset<std::string>;

template <typename Ledger> std::map<std::string, Rows> rows_of(const Ledger& ledger) {
    std::map<std::string, Rows> rows;
    for (const Table& table : k_tables) {
        const std::string all =
            ledger.sql(std::string("SELECT ") + table.columns + " FROM " + table.name + table.rows);
        for (const std::string_view row : split(all, '\n')) {
            rows[table.name].emplace(row);
        }
    }
    return rows;
}

// The release that has a run of this environment, by the ledger.
std::int64_t release_with_open_run(store::Store& store, const std::string& environment) {
    store::RunQuery query;
    query.environment = environment;
    query.open_only = true;
    for (const store::Run& run : store.list_runs(query)) {
        if (run.kind == store::RunKind::deploy && run.release_id) {
            return *run.release_id;
        }
    }
    FAIL("no run is open on " << environment);
    return 0;
}

} // namespace

TEMPLATE_TEST_CASE("an old ledger keeps every row of every table",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const OldLedger<TestType> ledger;
    const auto before = rows_of(ledger);
    for (const auto& [name, rows] : before) {
        CAPTURE(name);
        CHECK_FALSE(rows.begin()->empty());
    }
    const auto store = open_ledger(ledger);
    const auto pending = store->check().pending;
    CHECK_FALSE(pending.empty());
    CHECK(store->migrate() == pending);
    const auto after = rows_of(ledger);
    for (const Table& table : k_tables) {
        CAPTURE(table.name);
        CHECK(after.at(table.name) == before.at(table.name));
    }
    CHECK(store->check().pending.empty());
    CHECK(store->check().problems.empty());
}

TEMPLATE_TEST_CASE("an old ledger's releases of every status go on from where they are",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const OldLedger<TestType> ledger;
    const auto store = open_ledger(ledger);
    (void)store->migrate();
    store::ReleaseQuery all;
    all.limit = 1000;
    std::map<std::string, std::int64_t> one_in;
    for (const release::Release& release : store->list_releases(all)) {
        one_in[release.status] = release.id;
        CHECK(store->events(release.id).back().to == release.status);
        CHECK_FALSE(release.is_outrun());
    }
    for (const Status status : release::all_statuses()) {
        CHECK(one_in.count(std::string(to_string(status))) == 1);
    }
    CHECK(store->apply(change_to(one_in.at("initiated"), {Status::building})).what
          == store::Changed::What::done);
    CHECK(store->apply(change_to(one_in.at("rollback"), {Status::rollback_done})).what
          == store::Changed::What::done);
    CHECK(store->check().problems.empty());
}

TEMPLATE_TEST_CASE("of two runs that an old ledger has open for one release the newer goes on",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const OldLedger<TestType> ledger;
    const std::string open = "SELECT id FROM runs WHERE ended_at IS NULL AND environment = 'stage'"
                             " ORDER BY started_at DESC";
    const std::string before = ledger.sql(open);
    REQUIRE(contains(before, "\n"));
    const std::string newer = before.substr(0, before.find('\n'));
    const auto store = open_ledger(ledger);
    (void)store->migrate();
    CHECK(ledger.sql(open) == newer);
    CHECK(store->find_run(before.substr(before.find('\n') + 1))->outcome
          == store::RunOutcome::unknown);
    // The run that goes back, and the one that deploys to production, are what they were.
    CHECK(ledger.sql("SELECT count(*) FROM runs WHERE ended_at IS NULL AND environment = 'prod'")
          == "2");
}

TEMPLATE_TEST_CASE("an old spool is told to the upgraded ledger, all of it",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const OldLedger<TestType> ledger;
    const auto store = open_ledger(ledger);
    (void)store->migrate();
    const std::int64_t on_stage = release_with_open_run(*store, "stage");
    const std::int64_t in_production = release_with_open_run(*store, "prod");
    CHECK(store->find_release(on_stage)->status == "building");
    CHECK(store->find_release(in_production)->status == "deploying");

    const TempFolder folder;
    std::filesystem::copy(k_fixtures / "spool", folder.path() / "spool");
    store::Spool spool(folder.path() / "spool", "postgresql://ledger.example/releases");
    const std::size_t kept = spool.waiting();
    CHECK(kept == 4);
    CHECK(spool.deliver(*store) == kept);
    CHECK(spool.waiting() == 0);
    CHECK(spool.refused() == 0);

    CHECK(store->find_release(on_stage)->status == "manual_testing");
    CHECK(store->find_release(in_production)->status == "deployed");
    store::RunQuery query;
    query.environment = "dev";
    const auto dev = store->list_runs(query);
    REQUIRE(dev.size() == 1);
    CHECK(dev[0].outcome == store::RunOutcome::good);
    // Named by nothing but the tag that served.
    store::ReleaseQuery back;
    back.limit = 1000;
    const auto releases = store->list_releases(back);
    CHECK(std::count_if(releases.begin(),
                        releases.end(),
                        [](const auto& one) {
                            return one.rollback_to_tag == "v0.9.0" && one.status == "rollback_done";
                        })
          == 1);
    CHECK(store->check().problems.empty());
}
