#include "lib/store/server_ledger.hpp"
#include "lib/store/sql/migrations.hpp"
#include "tests/lib/store/commit_thief.hpp"
#include "tests/lib/store/ledgers.hpp"

#include <chrono>

using namespace loomrel;
using namespace loomrel::test;
using release::Status;
using Fault = CommitThief::Fault;
using What = store::Changed::What;

namespace {

std::unique_ptr<store::Store> open_through(const PostgresLedger& ledger,
                                           const CommitThief& thief,
                                           Milliseconds deadline = Milliseconds(6000)) {
    store::Options options = ledger.options();
    options.url = ledger.cluster().url(ledger.database(), thief.port());
    options.deadline = deadline;
    return store::open_store(options);
}

constexpr std::array k_faults{Fault::lose_request, Fault::lose_reply, Fault::mute_reply};

} // namespace

TEST_CASE("a release whose COMMIT got lost, on the way there or back, is created once") {
    LOOMREL_NEEDS(PostgresLedger);
    const PostgresLedger ledger;
    CommitThief thief(ledger.cluster().port());
    const auto store = open_through(ledger, thief);
    (void)store->migrate();
    int made = 0;
    for (const Fault fault : k_faults) {
        thief.arm(fault);
        const auto created = store->create_release(new_release());
        CHECK(created.created);
        CHECK(thief.stolen() == ++made);
        CHECK(store->events(created.id).size() == 1);
        CHECK(ledger.sql("SELECT count(*) FROM releases") == std::to_string(made));
    }
}

TEST_CASE("a claim whose COMMIT got lost, on the way there or back, is made once") {
    LOOMREL_NEEDS(PostgresLedger);
    const PostgresLedger ledger;
    CommitThief thief(ledger.cluster().port());
    const auto store = open_through(ledger, thief);
    for (const Fault fault : k_faults) {
        const auto id = release_in(*store,
                                   {Status::building,
                                    Status::stage_deploy,
                                    Status::manual_testing,
                                    Status::manual_test_passed});
        const auto claim = claim_of(id);
        thief.arm(fault);
        const auto claimed = store->claim(claim);
        CHECK(claimed.what == store::Claimed::What::done); // not `already`: the claim is ours
        CHECK(claimed.status == "deploying");
        REQUIRE(claimed.there);
        CHECK(claimed.there->id == claim.run->id);
        CHECK(store->events(id).size() == 6);
        CHECK(store->find_run(claim.run->id));
    }
    CHECK(thief.stolen() == 3);
    CHECK(ledger.sql("SELECT count(*) FROM runs") == "3");
}

TEST_CASE("a refused claim whose COMMIT got lost is refused once, for the same reason") {
    LOOMREL_NEEDS(PostgresLedger);
    const PostgresLedger ledger;
    CommitThief thief(ledger.cluster().port());
    const auto store = open_through(ledger, thief);
    const std::vector<Status> approved{
        Status::building, Status::stage_deploy, Status::manual_testing, Status::manual_test_passed};
    for (const Fault fault : k_faults) {
        // One that moves the release back, and one that only leaves its event.
        const auto id = release_in(*store, approved);
        auto claim = claim_of(id);
        claim.rules.quorum = 2;
        thief.arm(fault);
        auto claimed = store->claim(claim);
        CHECK(claimed.what == store::Claimed::What::refused);
        CHECK(claimed.conflict == "approvals");
        CHECK(claimed.status == "manual_testing");
        CHECK(store->events(id).size() == 6);

        const auto other = release_in(*store, approved);
        claim = claim_of(other);
        claim.run->commit = commit_of(id);
        thief.arm(fault);
        claimed = store->claim(claim);
        CHECK(claimed.what == store::Claimed::What::refused);
        CHECK(claimed.conflict == "commit");
        CHECK(claimed.status == "manual_test_passed");
        CHECK(store->events(other).size() == 6);
    }
    CHECK(thief.stolen() == 6);
    CHECK(ledger.sql("SELECT count(*) FROM runs") == "0");
}

TEST_CASE("a run whose COMMIT got lost, on the way there or back, is ours") {
    LOOMREL_NEEDS(PostgresLedger);
    const PostgresLedger ledger;
    CommitThief thief(ledger.cluster().port());
    const auto store = open_through(ledger, thief);
    (void)store->migrate();
    for (const Fault fault : k_faults) {
        const store::Run run = new_run();
        thief.arm(fault);
        CHECK(store->open_run(run).opened);
        CHECK_FALSE(store->open_run(run).opened);
        store->end_run(end_of(run, "v1.2.3"));
    }
    CHECK(thief.stolen() == 3);
    CHECK(ledger.sql("SELECT count(*) FROM runs") == "3");
}

TEST_CASE("a decision whose COMMIT got lost, on the way there or back, is made once") {
    LOOMREL_NEEDS(PostgresLedger);
    const PostgresLedger ledger;
    CommitThief thief(ledger.cluster().port());
    const auto store = open_through(ledger, thief);
    using Became = store::Decided::What;
    for (const Fault fault : k_faults) {
        const auto id =
            release_in(*store, {Status::building, Status::stage_deploy, Status::manual_testing});
        auto first = decision_on(id, 11111);
        first.rules.quorum = 2;
        thief.arm(fault);
        CHECK(store->decide(first).what == Became::counted);
        auto second = decision_on(id, 22222);
        second.rules.quorum = 2;
        thief.arm(fault);
        CHECK(store->decide(second).what == Became::approved);
        auto late = decision_on(id, 22222, store::Verdict::rejected);
        thief.arm(fault);
        CHECK(store->decide(late).what == Became::rejected);
        CHECK(store->events(id).size() == 7);
        CHECK(ledger.sql("SELECT kind FROM outbox WHERE release_id = " + std::to_string(id)
                         + " ORDER BY id")
              == "event\nevent\ndispatch\nevent");
    }
    CHECK(thief.stolen() == 9);
}

TEST_CASE("an update or a lease whose COMMIT got lost is taken") {
    LOOMREL_NEEDS(PostgresLedger);
    const PostgresLedger ledger;
    CommitThief thief(ledger.cluster().port());
    store::Options options = ledger.options();
    options.url = ledger.cluster().url(ledger.database(), thief.port());
    options.deadline = Milliseconds(6000);
    const auto server = store::open_server_ledger(options);
    (void)server->migrate();
    std::int64_t update = 100;
    for (const Fault fault : k_faults) {
        thief.arm(fault);
        CHECK(server->take_update(++update));
        CHECK_FALSE(server->take_update(update));
        thief.arm(fault);
        CHECK(server->take_lease("polling", "one", Milliseconds(60000)));
        CHECK_FALSE(server->take_lease("polling", "two", Milliseconds(60000)));
    }
    CHECK(thief.stolen() == 6);
}

TEST_CASE("a migration whose COMMIT got lost is applied once") {
    LOOMREL_NEEDS(PostgresLedger);
    const int all = static_cast<int>(store::migrations().size());
    for (const Fault fault : k_faults) {
        // One COMMIT reads what is pending, one follows each migration. A silent one would be
        // waited for as long as the largest table may need.
        for (int passing = 0; fault != Fault::mute_reply && passing <= all; ++passing) {
            const PostgresLedger ledger;
            CommitThief thief(ledger.cluster().port());
            const auto store = open_through(ledger, thief);
            thief.arm(fault, passing);
            (void)store->migrate();
            CHECK(thief.stolen() == 1);
            CHECK(ledger.sql("SELECT count(*) FROM schema_migrations") == std::to_string(all));
            CHECK(store->check().pending.empty());
        }
    }
}

TEST_CASE("when nobody can be asked any more, nothing is claimed and the same again is right") {
    LOOMREL_NEEDS(PostgresLedger);
    const PostgresLedger ledger;
    const auto id = release_in(*open_ledger(ledger), {});
    CommitThief thief(ledger.cluster().port());
    const auto store = open_through(ledger, thief, Milliseconds(1500));
    CHECK(store->find_release(id));
    const auto change = change_to(id, {Status::building});
    thief.arm(Fault::close_after);
    const auto began = std::chrono::steady_clock::now();
    const Error error = error_of([&] { (void)store->apply(change); });
    const auto took = std::chrono::steady_clock::now() - began;
    CHECK(thief.stolen() == 1);
    CHECK(error.kind() == ErrorKind::ledger);
    CHECK(error.code() == "ledger_in_doubt");
    CHECK(took < std::chrono::seconds(3));
    // Told again later, as the spool does.
    CHECK(open_ledger(ledger)->apply(change).what == What::done);
    CHECK(open_ledger(ledger)->events(id).size() == 2);
}
