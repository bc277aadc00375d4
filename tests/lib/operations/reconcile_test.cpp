#include "lib/operations/ledger.hpp"
#include "lib/operations/reconcile.hpp"
#include "tests/lib/operations/host_world.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/text.hpp"

using namespace loomrel;
using namespace loomrel::test;

TEST_CASE("what is open is concluded where it has ended, and said to be silent where it is away") {
    HostWorld world;
    auto& release = world.release_of("v1.0.0", "building");
    (void)world.run_untold(release, "stage");
    const auto reconcile = [&](bool dry_run) {
        const auto result =
            operations::reconcile(world.context, world.console, world.store, dry_run);
        REQUIRE(result.runs.size() == 1);
        return result.runs.front();
    };
    CHECK(reconcile(/*dry_run=*/true).state == "open");
    CHECK(world.ledger.changes.empty());
    world.is_away = true;
    const auto silent = reconcile(/*dry_run=*/false);
    CHECK(silent.state == "running"); // nobody can say that it has ended
    world.is_away = false;
    CHECK(reconcile(/*dry_run=*/false).state == "concluded");
    CHECK(release.status == "manual_testing");
    world.ledger.runs.front().hosts = {"root@gone.test:22"};
    const auto gone = reconcile(/*dry_run=*/false);
    CHECK(gone.state == "silent");
    CHECK(has(gone.detail, "root@gone.test:22"));
}

TEST_CASE("what waits in the spool is told, unless only a plan is wanted") {
    HostWorld world;
    store::Unapproved unapproved;
    unapproved.id = "00000000-0000-4000-8000-000000000001";
    unapproved.run_id = "00000000-0000-4000-8000-000000000002";
    unapproved.service = "api";
    unapproved.environment = "prod";
    unapproved.tag = "v1.0.0";
    unapproved.actor = "Anna";
    operations::make_spool(world.context).keep(unapproved);
    const auto told = [&](bool dry_run) {
        return operations::reconcile(world.context, world.console, world.store, dry_run).told;
    };
    CHECK(told(/*dry_run=*/true) == 1);
    CHECK(world.ledger.notices.empty());
    CHECK(told(/*dry_run=*/false) == 1);
    CHECK(world.ledger.notices.size() == 1);
    CHECK(told(/*dry_run=*/false) == 0);
}
