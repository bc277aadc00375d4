#include "tests/lib/store/ledgers.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

using namespace loomrel;
using namespace loomrel::test;
using release::Status;

TEMPLATE_TEST_CASE("what was acknowledged before a kill -9 is there, and nothing is half there",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto id = release_in(*open_ledger(ledger), {});
    std::int64_t acknowledged = 0;
    for (int round = 0; round < 12; ++round) {
        int ends[2] = {-1, -1};
        REQUIRE(::pipe(ends) == 0);
        const pid_t pid = ::fork();
        if (pid == 0) {
            const auto store = open_ledger(ledger);
            for (;;) {
                const auto status = store->find_release(id)->state();
                // Two moves a change, for ever in a circle, each with a run.
                const bool building = status == Status::building;
                auto change =
                    change_to(id,
                              building ? std::vector{Status::stage_deploy, Status::staging_failed}
                                       : std::vector{Status::building});
                change.open_run = new_run(id);
                change.end_run =
                    store::RunEnd{change.open_run->id, store::RunOutcome::failed, "", {}};
                if (store->apply(change).what != store::Changed::What::done
                    || ::write(ends[1], building ? "2" : "1", 1) != 1) {
                    ::_exit(1);
                }
            }
        }
        ::close(ends[1]);
        char moves = 0;
        // Once it is at work, at an uneven moment.
        REQUIRE(::read(ends[0], &moves, 1) == 1);
        acknowledged += moves - '0';
        std::this_thread::sleep_for(std::chrono::microseconds(1000 + 1777 * round));
        ::kill(pid, SIGKILL);
        CHECK(WIFSIGNALED(wait_for(pid)));
        while (::read(ends[0], &moves, 1) == 1) {
            acknowledged += moves - '0';
        }
        ::close(ends[0]);

        const auto store = open_ledger(ledger);
        const auto events = store->events(id);
        const auto recorded = static_cast<std::int64_t>(events.size()) - 1;
        // At most one change was recorded whose answer never came.
        CHECK(recorded >= acknowledged);
        CHECK(recorded <= acknowledged + 2);
        CHECK(events.back().to == store->find_release(id)->status);
        CHECK(store->find_release(id)->status != "stage_deploy");
        CHECK(store->check().problems.empty());
        acknowledged = recorded;
    }
    store::RunQuery all;
    all.limit = 1000000;
    const auto building = ledger.sql(
        "SELECT count(*) FROM release_events WHERE to_status IN ('building', 'stage_deploy')");
    CHECK(std::to_string(open_ledger(ledger)->list_runs(all).size()) == building);
}
