#include "tests/lib/store/ledgers.hpp"

#include <algorithm>

using namespace loomrel;
using namespace loomrel::test;
using release::Status;
using store::RunOutcome;

TEMPLATE_TEST_CASE("a run is kept as it was opened, its hosts in their order",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*store, {});
    const store::Run given = new_run(id);
    CHECK(store->open_run(given).opened);
    const auto found = open_ledger(ledger)->find_run(given.id);
    REQUIRE(found);
    CHECK(found->service == given.service);
    CHECK(found->environment == given.environment);
    CHECK(found->kind == store::RunKind::deploy);
    CHECK(found->release_id == id);
    CHECK(found->ref == given.ref);
    CHECK(found->commit == given.commit);
    CHECK(found->github_run_id == given.github_run_id);
    CHECK(found->github_run_attempt == 2);
    CHECK(found->hosts == given.hosts);
    CHECK(std::chrono::abs(found->started_at - now()) < std::chrono::minutes(1));
    CHECK_FALSE(found->ended_at);
    CHECK_FALSE(found->outcome);
    CHECK(found->result.empty());
    const auto hosts = store->run_hosts(given.id);
    REQUIRE(hosts.size() == 2);
    CHECK(hosts[0].host == "root@one:22");
    CHECK(hosts[0].state == "waiting");
}

TEMPLATE_TEST_CASE("a run is opened once", "", SqliteLedger, PostgresLedger, HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const store::Run given = new_run();
    CHECK(store->open_run(given).opened);
    CHECK_FALSE(store->open_run(given).opened);
    CHECK_FALSE(open_ledger(ledger)->open_run(given).opened);
    CHECK(store->list_runs({}).size() == 1);
}

TEMPLATE_TEST_CASE("a run ends once, with its result and its hosts",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const store::Run given = new_run();
    (void)store->open_run(given);
    const store::RunEnd end{
        given.id,
        RunOutcome::failed,
        R"({"ok":false})",
        {{"root@two:22", "ended", "restored", "v1.2.2"}, {"root@three:22", "unreachable", "", ""}}};
    store->end_run(end);
    store::RunEnd late = end;
    late.outcome = RunOutcome::good;
    late.hosts.clear();
    store->end_run(late);
    const auto found = store->find_run(given.id);
    REQUIRE(found);
    CHECK(found->outcome == RunOutcome::failed);
    CHECK(found->result == R"({"ok":false})");
    REQUIRE(found->ended_at);
    CHECK(*found->ended_at >= found->started_at);
    const auto hosts = store->run_hosts(given.id);
    REQUIRE(hosts.size() == 3);
    CHECK(hosts[0].state == "waiting");
    CHECK(hosts[1].host == "root@two:22");
    CHECK(hosts[1].outcome == "restored");
    CHECK(hosts[1].serves == "v1.2.2");
    CHECK(hosts[2].state == "unreachable");
    store->end_run({random_uuid(), RunOutcome::good, "{}", {{"h", "ended", "ok", ""}}});
    CHECK(store->list_runs({}).size() == 1);
}

TEMPLATE_TEST_CASE("an outcome that was not known may be learned later",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const store::Run given = new_run();
    (void)store->open_run(given);
    store->end_run({given.id, RunOutcome::unknown, "", {}});
    store->end_run({given.id, RunOutcome::good, "{}", {}});
    CHECK(store->find_run(given.id)->outcome == RunOutcome::good);
}

TEMPLATE_TEST_CASE("a heartbeat is by the database's clock, and only of an open run",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const store::Run given = new_run();
    (void)store->open_run(given);
    CHECK(store->find_run(given.id)->unseen_for < std::chrono::seconds(20));
    const auto forget = [&] {
        ledger.sql(std::string("UPDATE runs SET seen_at = ")
                   + (std::is_same_v<TestType, PostgresLedger>
                          ? "now() - interval '90 seconds'"
                          : "strftime('%Y-%m-%d %H:%M:%f', 'now', '-90 seconds')"));
    };
    forget();
    const Milliseconds unseen = store->find_run(given.id)->unseen_for;
    CHECK(unseen > std::chrono::seconds(89));
    CHECK(unseen < std::chrono::seconds(110));
    store->touch_run(given.id);
    store->touch_run(random_uuid());
    CHECK(store->find_run(given.id)->unseen_for < std::chrono::seconds(20));
    store->end_run({given.id, RunOutcome::good, "{}", {}});
    forget();
    store->touch_run(given.id);
    CHECK(store->find_run(given.id)->unseen_for > std::chrono::seconds(89));
}

TEMPLATE_TEST_CASE("runs are found by place, by release, and open ones alone, newest first",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*store, {});
    store::Run first = new_run(id);
    store::Run second = new_run();
    second.environment = "prod";
    second.kind = store::RunKind::rollback;
    store::Run third = new_run(id);
    third.service = "loom-user";
    for (const store::Run* run : {&first, &second, &third}) {
        REQUIRE(store->open_run(*run).opened);
    }
    store->end_run({first.id, RunOutcome::good, "{}", {}});
    const auto ids = [&](const store::RunQuery& query) {
        std::vector<std::string> found;
        for (const auto& run : store->list_runs(query)) {
            CHECK(run.hosts.size() == 2);
            found.push_back(run.id);
        }
        return found;
    };
    using Ids = std::vector<std::string>;
    store::RunQuery query;
    CHECK(ids(query) == Ids{third.id, second.id, first.id});
    query.limit = 1;
    CHECK(ids(query) == Ids{third.id});
    query = {};
    query.environment = "prod";
    CHECK(ids(query) == Ids{second.id});
    CHECK(store->list_runs(query)[0].kind == store::RunKind::rollback);
    query = {};
    query.release_id = id;
    CHECK(ids(query) == Ids{third.id, first.id});
    query.open_only = true;
    CHECK(ids(query) == Ids{third.id});
    query = {};
    query.service = "loom-content";
    query.open_only = true;
    CHECK(ids(query) == Ids{second.id});
}

TEMPLATE_TEST_CASE("a run ends with its release's last move, in one transaction",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*store, {Status::building});
    const store::Run run = new_run(id);
    (void)store->open_run(run);
    auto wrong = change_to(id, {Status::deployed});
    wrong.end_run = store::RunEnd{run.id, RunOutcome::good, "{}", {}};
    CHECK(store->apply(wrong).what == store::Changed::What::refused);
    CHECK_FALSE(store->find_run(run.id)->ended_at);

    auto right = change_to(id, {Status::staging_failed});
    right.end_run = store::RunEnd{run.id, RunOutcome::failed, "{}", {}};
    CHECK(store->apply(right).what == store::Changed::What::done);
    CHECK(store->find_run(run.id)->outcome == RunOutcome::failed);
}

TEMPLATE_TEST_CASE("a run ends though its release was concluded by another",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*store, {Status::staging_failed});
    const store::Run run = new_run(id);
    (void)store->open_run(run);
    auto change = change_to(id, {Status::staging_failed});
    change.end_run = store::RunEnd{run.id, RunOutcome::failed, "{}", {}};
    CHECK(store->apply(change).what == store::Changed::What::already);
    CHECK(store->find_run(run.id)->outcome == RunOutcome::failed);
}

TEMPLATE_TEST_CASE("one run is open for a service, environment, kind and release",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*store, {});
    const auto other = release_in(*store, {});
    for (const auto release : {std::optional<std::int64_t>(), std::optional(id)}) {
        const auto first = new_run(release);
        CHECK(store->open_run(first).opened);
        const auto second = new_run(release);
        const auto joined = store->open_run(second);
        CHECK_FALSE(joined.opened);
        REQUIRE(joined.there);
        CHECK(joined.there->id == first.id);
        CHECK(joined.there->hosts == first.hosts);
        CHECK_FALSE(store->find_run(second.id));
    }
    // A change that would open one is refused whole, and says which is there.
    auto change = change_to(id, {Status::building});
    change.open_run = new_run(id);
    const auto refused = store->apply(change);
    CHECK(refused.what == store::Changed::What::refused);
    CHECK(refused.conflict == "run");
    REQUIRE(refused.there);
    CHECK(refused.there->release_id == id);
    CHECK(store->find_release(id)->status == "initiated");

    std::vector<store::Run> others(4, new_run(id));
    others[0].service = "loom-user";
    others[1].environment = "prod";
    others[2].kind = store::RunKind::rehearsal;
    others[3].release_id = other;
    for (store::Run& run : others) {
        run.id = random_uuid();
        CHECK(store->open_run(run).opened);
    }
    // Developers each have a host of their own.
    for (int i = 0; i < 2; ++i) {
        auto dev = new_run();
        dev.environment = "dev";
        CHECK(store->open_run(dev).opened);
    }
    store->end_run(end_of(*refused.there, "", false));
    CHECK(store->open_run(new_run(id)).opened);
}

TEMPLATE_TEST_CASE("of fifty who open one run at once one does, and all learn which it is",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    (void)open_ledger(ledger)->migrate();
    const TempFolder folder;
    const auto codes = in_processes(50, [&](int number) {
        const auto run = new_run();
        const auto opened = open_ledger(ledger, Milliseconds(120000))->open_run(run);
        const std::string seen = opened.opened ? run.id : opened.there ? opened.there->id : "";
        write_whole(folder.path() / std::to_string(number), seen);
        return opened.opened ? 1 : 0;
    });
    CHECK(std::count(codes.begin(), codes.end(), 1) == 1);
    CHECK(std::count(codes.begin(), codes.end(), 0) == 49);
    const std::string open = ledger.sql("SELECT id FROM runs");
    for (int number = 0; number < 50; ++number) {
        CHECK(read_whole(folder.path() / std::to_string(number)) == open);
    }
}

TEMPLATE_TEST_CASE("an abandoned rollback gives way to another, a deploy does not",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto run_of = [](store::RunKind kind) {
        auto run = new_run();
        run.environment = "prod";
        run.kind = kind;
        return run;
    };
    const auto deploy = run_of(store::RunKind::deploy);
    const auto rollback = run_of(store::RunKind::rollback);
    REQUIRE(store->open_run(deploy).opened);
    REQUIRE(store->open_run(rollback).opened);
    CHECK_FALSE(store->open_run(run_of(store::RunKind::rollback)).opened);
    ledger.sql(std::string("UPDATE runs SET seen_at = ")
               + (std::is_same_v<TestType, PostgresLedger>
                      ? "now() - interval '90 seconds'"
                      : "strftime('%Y-%m-%d %H:%M:%f', 'now', '-90 seconds')"));
    CHECK(store->open_run(run_of(store::RunKind::deploy)).there->id == deploy.id);
    const auto next = run_of(store::RunKind::rollback);
    CHECK(store->open_run(next).opened);
    CHECK(store->find_run(rollback.id)->outcome == RunOutcome::unknown);
    CHECK_FALSE(store->find_run(next.id)->ended_at);
    // How it ended may still be learned.
    store->end_run(end_of(rollback, "v1.2.2"));
    CHECK(store->find_run(rollback.id)->outcome == RunOutcome::good);
}

TEMPLATE_TEST_CASE("runs are found by ref and by a good end, with what they were told with",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    auto good = new_run();
    good.settings = {{"root", "hash"}};
    REQUIRE(store->open_run(good).opened);
    store->end_run(end_of(good, "v1.2.3"));
    auto failed = new_run();
    failed.source = "spool";
    REQUIRE(store->open_run(failed).opened);
    store->end_run(end_of(failed, "v1.2.3", false));
    auto other = new_run();
    other.ref = "refs/tags/v1.2.4";
    REQUIRE(store->open_run(other).opened);
    store->end_run(end_of(other, "v1.2.4"));
    store::RunQuery query;
    query.ref = "refs/tags/v1.2.3";
    CHECK(store->list_runs(query).size() == 2);
    query.good_only = true;
    const auto found = store->list_runs(query);
    REQUIRE(found.size() == 1);
    CHECK(found[0].id == good.id);
    CHECK(found[0].settings == good.settings);
    CHECK(found[0].source.empty());
    CHECK(store->find_run(failed.id)->source == "spool");
    query.ref.clear();
    CHECK(store->list_runs(query).size() == 2);
}
