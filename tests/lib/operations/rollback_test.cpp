#include "lib/operations/rollback.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_store.hpp"

using namespace loomrel;

namespace {

const std::string k_commit(40, 'a');

store::Run good_run() {
    store::Run run;
    run.id = "run";
    run.service = "loom-content";
    run.environment = "prod";
    run.ref = "refs/tags/v1.2.3";
    run.commit = k_commit;
    run.ended_at = Time{};
    run.outcome = store::RunOutcome::good;
    return run;
}

} // namespace

TEST_CASE("a good run in production proves its commit, and nothing else does") {
    test::Ledger ledger;
    test::FakeStore store(ledger);
    const auto served = [&] {
        return operations::commit_that_served(store, "loom-content", "v1.2.3");
    };
    CHECK_FALSE(served());
    std::vector<store::Run> others(8, good_run());
    others[0].outcome = store::RunOutcome::failed;
    others[1].outcome.reset();
    others[2].environment = "stage";
    others[3].service = "loom-user";
    others[4].ref = "refs/tags/v1.2.4";
    others[5].commit.clear();
    others[6].commit = "v1.2.3";
    others[7].source = "spool"; // told afterwards, by whoever could write a file
    for (const store::Run& run : others) {
        ledger.runs.push_back(run);
        CHECK_FALSE(served());
    }
    ledger.runs.insert(ledger.runs.begin(), good_run());
    CHECK(served() == k_commit);
}
