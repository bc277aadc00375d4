#include "lib/operations/ledger.hpp"
#include "lib/operations/rollback.hpp"
#include "lib/operations/rollback_proof.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/operations_world.hpp"
#include "tests/support/text.hpp"

using namespace loomrel;
using namespace loomrel::test;

namespace {

const std::string k_commit(40, 'a');

store::Run good_run() {
    store::Run run;
    run.id = "run";
    run.service = "api";
    run.environment = "prod";
    run.ref = "refs/tags/v1.2.3";
    run.commit = k_commit;
    run.ended_at = Time{};
    run.outcome = store::RunOutcome::good;
    return run;
}

// Production serves v1.2.3, and one host has been looked at.
struct RollbackWorld : OperationsWorld {
    operations::RollbackRequest request;
    deploy::RollbackTarget target;

    RollbackWorld() {
        load_config("[deploy]\nengine = \"command\"\nup = \"true\"\ncurrent = "
                    "\"true\"\n[services.api]\nhealth = \"none\"\n",
                    "PROD_HOST=host.test\nSTAGE_HOST=host.test\n");
        request.service = "api";
        target.from = "v1.2.3";
        target.to = "v1.2.2";
    }

    [[nodiscard]] std::unique_ptr<operations::RollbackHosts> hosts() {
        auto hosts = std::make_unique<operations::RollbackHosts>(context, console, request);
        hosts->looked_at = {{"root@host.test:22", deploy::HostState{}}};
        return hosts;
    }

    store::Run row(const operations::RollbackHosts& hosts) {
        return operations::rollback_row(
            context, hosts, target, operations::rollback_plan(context, hosts, target, false));
    }

    // The code of the refusal; "" = the run is claimed, and stands in `claimed`.
    std::string claim(bool alone = true) {
        const auto looked = hosts();
        claimed = row(*looked);
        return refusal_of(
            [&] { operations::claim_rollback(context, store, claimed, target.from, alone); });
    }

    std::string plan() {
        const auto looked = hosts();
        return refusal_of([&] {
            planned = operations::plan_rollback(context, console, *looked, target, request);
        });
    }

    std::unique_ptr<store::Store> begin() {
        const auto looked = hosts();
        claimed = row(*looked);
        return operations::begin_rollback(
            context, console, *looked, target, planned, claimed, /*alone=*/true);
    }

    // One that is under way.
    void has_rollback(const std::string& id, Milliseconds unseen_for) {
        store::Run other = good_run();
        other.id = id;
        other.kind = store::RunKind::rollback;
        other.ended_at.reset();
        other.outcome.reset();
        other.unseen_for = unseen_for;
        ledger.runs.push_back(other);
    }

    store::Run claimed;
    deploy::Plan planned;
};

} // namespace

TEST_CASE("the release that serves is moved with the rollback's row, in the caller's name") {
    RollbackWorld world;
    const auto serves = world.release_in("deployed").id;
    world.release_in("rollback_done", "v1.2.2");
    world.context.caller.actor = "Anna";
    world.context.caller.source = "bot";
    CHECK(world.claim().empty());
    REQUIRE(world.ledger.changes.size() == 1);
    const store::Change& change = world.ledger.changes.front();
    CHECK(change.release_id == serves);
    CHECK(change.actor == "Anna");
    CHECK(change.source == "bot");
    CHECK(change.open_run->id == world.claimed.id);
    CHECK(change.open_run->ref == "refs/tags/v1.2.2");
    CHECK(change.open_run->hosts == std::vector<std::string>{"root@host.test:22"});
    CHECK(world.claimed.release_id == serves);
    CHECK(world.ledger.rows.at(serves).status == "rollback");
}

TEST_CASE("a rollback on stage, and one of what the ledger does not know, moves no release") {
    RollbackWorld world;
    SECTION("stage") {
        world.release_in("deployed");
        world.request.environment = "stage";
    }
    SECTION("nothing known of what serves") {
        world.target.from = "";
    }
    CHECK(world.claim().empty());
    CHECK(world.ledger.changes.empty());
    CHECK_FALSE(world.claimed.release_id);
    REQUIRE(world.ledger.runs.size() == 1);
    CHECK(world.ledger.runs.front().id == world.claimed.id);
}

TEST_CASE("of two rollbacks that were asked for at once the second is refused") {
    RollbackWorld world;
    world.release_in("rollback");
    SECTION("somebody is at it") {
        world.has_rollback("theirs", Milliseconds{1000});
        CHECK(world.claim() == "run_in_progress");
        CHECK(world.ledger.runs.size() == 1);
        // Where a host is away, its lock decides.
        CHECK(world.claim(/*alone=*/false).empty());
    }
    SECTION("nobody has seen it for long") {
        world.has_rollback("abandoned", Milliseconds{60000});
        CHECK(world.claim().empty());
        CHECK(world.ledger.runs.size() == 2);
    }
    SECTION("the ledger has another open") {
        store::Run other = good_run();
        other.id = "theirs";
        world.ledger.opens = store::Opened{false, other};
        CHECK(world.claim() == "run_in_progress");
    }
}

TEST_CASE("a rollback begins without a ledger: what it comes to waits in the spool") {
    RollbackWorld world;
    world.release_in("deployed");
    CHECK(world.begin() != nullptr);
    CHECK(world.opened == std::vector{operations::Purpose::looking});
    CHECK(world.claimed.release_id);
    world.ledger.broken = Error(ErrorKind::ledger, "ledger_away", {"нет", "no answer"});
    CHECK(world.begin() == nullptr);
    CHECK_FALSE(world.claimed.release_id);
    REQUIRE(world.console.notes.size() == 1);
    CHECK(has(world.console.notes.front(), "no answer"));
}

TEST_CASE("a ledger that goes while it is asked leaves no release in the rollback's row") {
    struct GoesAway : FakeStore {
        using FakeStore::FakeStore;

        store::Changed apply(const store::Change&) override {
            throw Error(ErrorKind::ledger, "ledger_away", {"нет", "no answer"});
        }
    };

    RollbackWorld world;
    world.release_in("deployed");
    world.context.open_ledger = [&](operations::Purpose, std::optional<Milliseconds>, bool) {
        return std::make_unique<GoesAway>(world.ledger);
    };
    CHECK(world.begin() == nullptr);
    CHECK_FALSE(world.claimed.release_id); // which one it is the spool says by tag
}

TEST_CASE("what the ledger answers ends a rollback, what is only away does not") {
    RollbackWorld world;
    const auto* code = GENERATE("ledger_not_named", "run_in_progress");
    world.ledger.broken = Error(ErrorKind::refused, code, {"нет", "no"});
    CHECK(refusal_of([&] { (void)world.begin(); }) == code);
}

TEST_CASE("a rebuild in production is of a commit that was good there") {
    RollbackWorld world;
    const auto serves = world.release_in("deployed").id;
    world.target.rebuild = true;
    world.target.commit = std::string(40, 'c');
    SECTION("by the ledger, whatever the host says") {
        store::Run run = good_run();
        run.ref = "refs/tags/v1.2.2";
        world.ledger.runs.push_back(run);
        world.target.proven_by_host = true;
        CHECK(world.plan().empty());
        CHECK(world.planned.request.commit == k_commit);
        CHECK(world.opened == std::vector{operations::Purpose::production});
    }
    SECTION("by the host's own record, where the ledger is silent") {
        world.target.proven_by_host = true;
        world.ledger.broken = Error(ErrorKind::ledger, "ledger_away", {"нет", "no answer"});
        CHECK(world.plan().empty());
        CHECK(world.planned.request.commit == std::string(40, 'c'));
    }
    SECTION("by nobody: refused, and the history of what serves says so") {
        CHECK(world.plan() == "never_served");
        REQUIRE(world.ledger.notes.size() == 1);
        CHECK(world.ledger.notes.front().release_id == serves);
        CHECK(has(world.ledger.notes.front().detail, "not_proven"));
    }
    SECTION("a plan alone writes nothing") {
        world.request.dry_run = true;
        CHECK(world.plan() == "never_served");
        CHECK(world.ledger.notes.empty());
    }
    SECTION("by an operator's word, which people hear whatever becomes of the ledger") {
        world.request.unapproved = true;
        CHECK(world.plan().empty());
        CHECK(world.planned.request.unapproved);
        CHECK(world.planned.request.commit.empty());
        world.ledger.broken = Error(ErrorKind::ledger, "ledger_away", {"нет", "no answer"});
        CHECK(world.begin() == nullptr);
        CHECK(operations::make_spool(world.context).waiting() == 1);
        world.ledger.broken.reset();
        operations::tell_now(world.context, world.console, world.store);
        CHECK(operations::make_spool(world.context).waiting() == 0);
        CHECK(world.ledger.notices.size() == 1);
    }
    SECTION("kept only: not even what is proven is built") {
        world.target.proven_by_host = true;
        world.request.kept_only = true;
        CHECK(world.plan() == "not_kept");
        CHECK(has(world.ledger.notes.at(0).detail, "not_kept"));
    }
}

TEST_CASE("what is kept, and what goes to stage, needs no proof") {
    RollbackWorld world;
    SECTION("kept") {
        CHECK(world.plan().empty());
    }
    SECTION("stage") {
        world.target.rebuild = true;
        world.request.environment = "stage";
        CHECK(world.plan().empty());
    }
    CHECK_FALSE(world.planned.request.unapproved);
    CHECK(world.opened.empty());
}

TEST_CASE("what nothing proves is let in by a person at a terminal, who names the tag") {
    FakeConsole console;
    const auto check = [&](bool unapproved, const std::optional<std::string>& to) {
        return refusal_of([&] { operations::check_may_be_unapproved(console, unapproved, to); });
    };
    CHECK(check(false, std::nullopt).empty());
    CHECK(check(true, "v1.2.2") == "needs_terminal");
    console.person = true;
    CHECK(check(true, "v1.2.2").empty());
    CHECK(check(true, std::nullopt) == "target_missing");
}

TEST_CASE("a good run in production proves its commit, and nothing else does") {
    Ledger ledger;
    FakeStore store(ledger);
    const auto served = [&] { return operations::commit_that_served(store, "api", "v1.2.3"); };
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
