#include "tests/lib/store/ledgers.hpp"

#include <set>

using namespace loomrel;
using namespace loomrel::test;
using release::Status;
using What = store::Changed::What;

TEMPLATE_TEST_CASE("eight processes that make a thousand moves lose none",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    (void)open_ledger(ledger)->migrate();
    // 8 × 25 releases × 5 moves.
    const std::vector<Status> way{Status::building,
                                  Status::staging_failed,
                                  Status::building,
                                  Status::stage_deploy,
                                  Status::manual_testing};
    const auto codes = in_processes(8, [&](int) {
        const auto store = open_ledger(ledger, Milliseconds(120000));
        for (int i = 0; i < 25; ++i) {
            const auto id = store->create_release(new_release()).id;
            for (const Status to : way) {
                if (store->apply(change_to(id, {to})).what != What::done) {
                    return 1;
                }
            }
        }
        return 0;
    });
    CHECK(codes == std::vector<int>(8, 0));
    CHECK(ledger.sql("SELECT count(*), count(DISTINCT change_id) FROM release_events"
                     " WHERE from_status <> ''")
          == "1000|1000");
    CHECK(ledger.sql("SELECT count(*) FROM releases WHERE status = 'manual_testing'") == "200");
    CHECK(open_ledger(ledger)->check().problems.empty());
}

TEMPLATE_TEST_CASE("of many who claim one approval one gets it", "", SqliteLedger, PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    for (int round = 0; round < 5; ++round) {
        const auto id = release_in(*open_ledger(ledger),
                                   {Status::building,
                                    Status::stage_deploy,
                                    Status::manual_testing,
                                    Status::manual_test_passed});
        const auto codes = in_processes(12, [&](int) {
            using Became = store::Claimed::What;
            const auto claimed = open_ledger(ledger)->claim(claim_of(id));
            return claimed.what == Became::done ? 1 : claimed.what == Became::already ? 0 : 50;
        });
        int won = 0;
        for (const int code : codes) {
            won += code;
        }
        CHECK(won == 1);
        store::RunQuery query;
        query.release_id = id;
        CHECK(open_ledger(ledger)->list_runs(query).size() == 1);
        CHECK(open_ledger(ledger)->events(id).size() == 6);
    }
}

TEMPLATE_TEST_CASE("of many who create one release all get the same",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger; // also: not made yet
    for (int round = 0; round < 5; ++round) {
        const store::NewRelease given = new_release();
        const auto codes = in_processes(12, [&](int) {
            const auto created = open_ledger(ledger)->create_release(given);
            return static_cast<int>(created.id) * 2 + (created.created ? 1 : 0);
        });
        std::set<int> ids;
        int made = 0;
        for (const int code : codes) {
            ids.insert(code / 2);
            made += code % 2;
        }
        CHECK(ids.size() == 1);
        CHECK(made == 1);
    }
    CHECK(ledger.sql("SELECT count(*) FROM releases") == "5");
    CHECK(ledger.sql("SELECT count(*) FROM release_events") == "5");
}

TEMPLATE_TEST_CASE("two who conclude one run together do it once",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    for (int round = 0; round < 5; ++round) {
        const auto id = release_in(*open_ledger(ledger), {Status::building});
        const auto run = new_run(id);
        REQUIRE(open_ledger(ledger)->open_run(run).opened);
        const auto codes = in_processes(8, [&](int) {
            auto end = change_to(id, {Status::stage_deploy, Status::manual_testing});
            end.end_run = store::RunEnd{run.id, store::RunOutcome::good, "{}", {}};
            const auto changed = open_ledger(ledger)->apply(end);
            return changed.what == What::done ? 1 : changed.what == What::already ? 0 : 50;
        });
        int done = 0;
        for (const int code : codes) {
            done += code;
        }
        CHECK(done == 1);
        CHECK(open_ledger(ledger)->events(id).size() == 4);
    }
}
