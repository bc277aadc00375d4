#include "lib/store/postgres/session.hpp"
#include "lib/store/sql/outbox.hpp"
#include "lib/store/sql/releases.hpp"
#include "lib/store/sql/runs.hpp"
#include "lib/store/sql/stage.hpp"
#include "lib/store/sqlite/session.hpp"
#include "tests/lib/store/ledgers.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

using namespace loomrel;
using namespace loomrel::test;
using release::List;

namespace {

std::unique_ptr<store::Session> session_of(const SqliteLedger& ledger) {
    return store::open_sqlite(
        ledger.file(), store::Access::read, deadline_in(Milliseconds(60000)), false);
}

std::unique_ptr<store::Session> session_of(const PostgresLedger& ledger) {
    const store::Options options = ledger.options();
    return store::open_postgres({options.url, options.password, Milliseconds(60000), 0},
                                deadline_in(Milliseconds(60000)));
}

// As a long life leaves them: nearly all deployed, a few of everything else, the failures old; of
// those to be tested nearly all were outrun.
template <typename Ledger> void fill(const Ledger& ledger, int count) {
    const std::string numbers =
        std::is_same_v<Ledger, PostgresLedger>
            ? "generate_series(1, " + std::to_string(count) + ") AS n"
            : "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < "
                  + std::to_string(count) + ") SELECT n FROM c) AS numbers";
    ledger.sql("INSERT INTO releases (service_name, release_tag, status, initiated_by,"
               " github_run_id, github_action_link, github_ref, superseded_by)"
               " SELECT 'service-' || (n % 7), 'v1.0.' || n, CASE WHEN n <= 5 THEN 'staging_failed'"
               " WHEN n % 50 = 3 THEN 'manual_testing' WHEN n % 100 = 0 THEN 'rollback_done'"
               " WHEN n = 7 THEN 'building' ELSE 'deployed' END, 'x', n, 'l', 'r',"
               " CASE WHEN n % 50 = 3 AND n > 103 THEN n + 1 END FROM "
               + numbers);
    ledger.sql("INSERT INTO release_events (release_id, at, from_status, to_status, actor, source,"
               " detail, change_id, step) SELECT id, '2024-03-15 14:30:00', 'initiated', status,"
               " 'x', 'cli', '{}', 'change-' || id, 1 FROM releases");
    ledger.sql("INSERT INTO runs (id, service, environment, kind, ref, commit_sha, github_run_id,"
               " github_run_attempt, started_at, seen_at, ended_at, outcome)"
               " SELECT 'run-' || n, 'service-' || (n % 7), 'stage', 'deploy', 'r', '', '', 0,"
               " '2024-03-15 14:30:00', '2024-03-15 14:30:00',"
               " CASE WHEN n = 9 THEN NULL ELSE '2024-03-15 14:31:00' END"
               + std::string(std::is_same_v<Ledger, PostgresLedger> ? "::timestamptz" : "")
               + ", CASE WHEN n = 9 THEN NULL ELSE 'good' END FROM " + numbers);
}

// Nearly all sent; a host a run, so that every run could tell what serves.
template <typename Ledger> void fill_the_rest(const Ledger& ledger) {
    ledger.sql("INSERT INTO run_hosts (run_id, host, position, state, outcome, serves)"
               " SELECT id, 'h', 0, 'ended', 'ok', 'v1.0.1' FROM runs");
    ledger.sql("INSERT INTO outbox (kind, key, state, created_at, due_at)"
               " SELECT 'text', id, CASE WHEN id = 'run-5' THEN 'waiting' WHEN id = 'run-6' THEN"
               " 'parked' ELSE 'sent' END, started_at, started_at FROM runs");
}

std::vector<store::ReleaseQuery> all_queries() {
    std::vector<store::ReleaseQuery> queries;
    for (const std::optional<List> list : {std::optional<List>(),
                                           std::optional(List::active),
                                           std::optional(List::successful),
                                           std::optional(List::failed),
                                           std::optional(List::outrun)}) {
        for (const std::string service : {"", "service-3"}) {
            for (const std::string tag : {"", "v1.0.500"}) {
                for (const auto before :
                     {std::optional<std::int64_t>(), std::optional<std::int64_t>(600)}) {
                    queries.push_back({list, service, tag, before, 20});
                }
            }
        }
    }
    return queries;
}

std::string plan_of(store::Session& session, store::Query query) {
    query.text = (session.dialect().kind == store::Dialect::Kind::postgres ? "EXPLAIN "
                                                                           : "EXPLAIN QUERY PLAN ")
                 + query.text;
    std::string plan;
    for (const store::Row& row : session.run(query).rows) {
        plan += row.back().value_or("") + "\n";
    }
    return plan;
}

template <typename Ledger> std::chrono::microseconds time_of_all(const Ledger& ledger) {
    const auto store = open_ledger(ledger);
    auto best = std::chrono::microseconds::max();
    for (int round = 0; round < 15; ++round) {
        const auto began = std::chrono::steady_clock::now();
        for (const auto& query : all_queries()) {
            (void)store->list_releases(query);
        }
        best = std::min(best,
                        std::chrono::duration_cast<std::chrono::microseconds>(
                            std::chrono::steady_clock::now() - began));
    }
    return best;
}

} // namespace

TEMPLATE_TEST_CASE("every list is read off an index, however many rows there are",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    (void)open_ledger(ledger)->migrate();
    fill(ledger, 60000);
    for (const bool analyzed : {false, true}) {
        if (analyzed) {
            ledger.sql("ANALYZE");
        }
        const auto session = session_of(ledger);
        session->begin(store::Access::read);
        for (const auto& query : all_queries()) {
            const std::string plan = plan_of(*session, store::release_list_query(query));
            CAPTURE(plan, analyzed);
            CHECK_FALSE(contains(plan, "Seq Scan"));
            const bool whole = !query.list && query.service.empty() && query.tag.empty();
            // Along the rows' own order, and no further than a page.
            CHECK((whole || !contains(plan, "SCAN releases")));
            // (The page that was found may be sorted.)
            const std::string found = plan.substr(0, plan.find("SCAN found"));
            CHECK((query.list || !contains(found, "TEMP B-TREE")));
            // Not among all that were ever outrun, nor those among all that were not.
            const bool split = query.list == List::active || query.list == List::outrun;
            // (Of few rows, below an id or of a tag, any index will do; Postgres reckons which.)
            if (std::is_same_v<TestType, SqliteLedger> && split && query.tag.empty()
                && !query.before) {
                CHECK(contains(plan,
                               query.service.empty() ? "loomrel_releases_current"
                                                     : "loomrel_releases_service_current"));
            }
        }
        store::RunQuery open;
        open.open_only = true;
        const std::string plan = plan_of(*session, store::run_list_query(open, session->dialect()));
        CAPTURE(plan);
        CHECK(contains(plan, "loomrel_runs_open"));
        CHECK(session->rollback());
    }
}

TEMPLATE_TEST_CASE("what is to be told and what stage serves are found by an index",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    (void)open_ledger(ledger)->migrate();
    fill(ledger, 60000);
    fill_the_rest(ledger);
    for (const bool analyzed : {false, true}) {
        if (analyzed) {
            ledger.sql("ANALYZE");
        }
        const auto session = session_of(ledger);
        session->begin(store::Access::read);
        const auto plan = [&](const store::Query& query) { return plan_of(*session, query); };
        const store::Dialect& dialect = session->dialect();
        const std::string all[] = {
            plan(store::notice_list_query("waiting", {}, dialect)),
            plan(store::notice_list_query("parked", {}, dialect)),
            plan(store::newest_dispatch_query(1, dialect)),
            plan(store::stage_runs_query(1, "service-3")),
            plan(store::stage_serves_query("service-3")),
            plan(store::stage_commit_query("service-3", "v1.0.1")),
        };
        CAPTURE(analyzed, all[0], all[1], all[2], all[3], all[4], all[5]);
        CHECK(contains(all[0], "loomrel_outbox_waiting"));
        CHECK(contains(all[1], "loomrel_outbox_parked"));
        CHECK(contains(all[2], "loomrel_outbox_dispatches"));
        CHECK(contains(all[3], "loomrel_runs_"));
        CHECK(contains(all[4], "loomrel_runs_"));
        CHECK(contains(all[5], "loomrel_runs_"));
        for (const std::string& one : all) {
            for (const char* table : {"runs", "run_hosts", "outbox"}) {
                CHECK_FALSE(contains(one, std::string("Seq Scan on ") + table));
                CHECK_FALSE(contains(one, std::string("SCAN ") + table + "\n"));
            }
        }
        CHECK(session->rollback());
    }
}

// Time is measured here, so tests/bench runs it and nobody else.
TEMPLATE_TEST_CASE("lists of very many releases take at most twice as long as those of a thousand",
                   "[.][bench]",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType few;
    const TestType many;
    (void)open_ledger(few)->migrate();
    (void)open_ledger(many)->migrate();
    fill(few, 1000);
    fill(many, 1'000'000);
    few.sql("ANALYZE");
    many.sql("ANALYZE");
    const auto short_list = time_of_all(few);
    const auto long_list = time_of_all(many);
    std::printf("all lists, us: of a thousand %lld, of a million %lld\n",
                static_cast<long long>(short_list.count()),
                static_cast<long long>(long_list.count()));
    CHECK(long_list <= short_list * 2);
}
