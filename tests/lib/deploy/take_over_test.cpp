#include "lib/base/random.hpp"
#include "lib/deploy/disagreement.hpp"
#include "lib/deploy/take_over.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <chrono>

using namespace loomrel;
using namespace loomrel::test;
using deploy::HostLook;

namespace {

constexpr const char* k_service = "loom-content";

// A ledger with two releases that went to production, v1.2.3 last, and its two hosts.
class World {
    TempFolder m_folder;

public:
    World()
        : ledger(
            store::open_store({"sqlite://" + (m_folder.path() / "ledger.db").string(), Secret()})) {
        first = deployed("v1.2.2", std::string(40, 'a'));
        second = deployed("v1.2.3", std::string(40, 'b'));
        hosts = {sight("prod-1"), sight("prod-2")};
    }

    [[nodiscard]] std::string status(std::int64_t id) const {
        return ledger->find_release(id)->status;
    }

    // As an older system moves a release: loomrel's own way there has tests of its own.
    std::int64_t deployed(const std::string& tag, const std::string& commit) {
        const auto id =
            ledger->create_release({k_service, tag, random_uuid(), "gommgo", "", "", commit, "api"})
                .id;
        store::Change change;
        change.id = random_uuid();
        change.release_id = id;
        change.actor = "old";
        change.source = "api";
        change.steps = {{release::Move::building, "{}"},
                        {release::Move::stage_deploy, "{}"},
                        {release::Move::manual_testing, "{}"}};
        REQUIRE(ledger->apply(change).what == store::Changed::What::done);
        store::Decision decision;
        decision.id = random_uuid();
        decision.release_id = id;
        decision.commit = commit;
        decision.question = release::times_asked(ledger->events(id));
        decision.approver_id = 1;
        decision.approver_name = "qa";
        decision.source = "cli";
        decision.rules.approvers = {1};
        REQUIRE(ledger->decide(decision).what == store::Decided::What::approved);
        store::Claim claim;
        claim.id = random_uuid();
        claim.release_id = id;
        claim.actor = "ci";
        claim.source = "cli";
        claim.rules = decision.rules;
        store::Run run = row(tag, commit);
        run.release_id = id;
        claim.run = run;
        REQUIRE(ledger->claim(claim).what == store::Claimed::What::done);
        change.id = random_uuid();
        change.steps = {{release::Move::deployed, "{}"}};
        change.end_run =
            store::RunEnd{run.id, store::RunOutcome::good, "{}", {{"prod-1", "ended", "ok", tag}}};
        REQUIRE(ledger->apply(change).what == store::Changed::What::done);
        return id;
    }

    // Something was put on a host.
    void change(HostLook& on, const std::string& run, const std::string& serves, int at) {
        on.sight.value().serves = serves;
        on.sight.value().serving = run;
        on.sight.value().changes.push_back(
            {run, "rollback", "good", serves, "", 1764547200 + at, "anya@192.0.2.1"});
    }

    void by_hand(std::size_t host, const std::string& serves, int at) {
        change(hosts[host], "by-hand-" + std::to_string(1764547200 + at) + "-4711", serves, at);
    }

    [[nodiscard]] deploy::Untold compare() const {
        return deploy::compare(*ledger, k_service, "prod", hosts);
    }

    void take_over() const { deploy::take_over(*ledger, compare()); }

    std::unique_ptr<store::Store> ledger;
    std::int64_t first = 0;
    std::int64_t second = 0;
    std::vector<HostLook> hosts;

    static store::Run row(const std::string& tag, const std::string& commit) {
        store::Run run;
        run.id = random_uuid();
        run.service = k_service;
        run.environment = "prod";
        run.ref = "refs/tags/" + tag;
        run.commit = commit;
        run.hosts = {"prod-1", "prod-2"};
        return run;
    }

private:
    HostLook sight(const std::string& host) {
        HostLook made{host, deploy::HostState{}};
        change(made, random_uuid(), "v1.2.3", 0);
        return made;
    }
};

} // namespace

TEST_CASE("what the ledger knows is not told again") {
    const World world;
    CHECK(world.compare().empty());
}

TEST_CASE("a restore by hand moves the release when no host serves it any more") {
    World world;
    world.by_hand(0, "v1.2.2", 10);
    auto untold = world.compare();
    REQUIRE(untold.by_hand.size() == 1);
    CHECK(untold.by_hand[0].host == "prod-1");
    CHECK(untold.by_hand[0].from == "v1.2.3");
    CHECK_FALSE(untold.by_hand[0].moves);
    CHECK(untold.unproven.empty());
    world.take_over();
    CHECK(world.status(world.second) == "deployed");
    const auto row = world.ledger->find_run(untold.by_hand[0].run);
    REQUIRE(row);
    CHECK(row->source == "host");
    CHECK(row->ended_at);
    CHECK(row->outcome == store::RunOutcome::good);
    CHECK(row->commit.empty());
    CHECK(world.compare().empty());

    world.by_hand(1, "v1.2.2", 20);
    // One that does not answer may serve it still.
    const auto seen = world.hosts[0].sight;
    world.hosts[0].sight.reset();
    CHECK_FALSE(world.compare().by_hand.at(0).moves);
    world.hosts[0].sight = seen;
    CHECK(world.compare().by_hand.at(0).moves);
    world.take_over();
    world.take_over();
    const auto second = world.ledger->find_release(world.second);
    CHECK(second->status == "rollback_done");
    CHECK(second->rollback_to_tag == "v1.2.2");
    CHECK(world.status(world.first) == "deployed");
    const auto events = world.ledger->events(world.second);
    CHECK(events.back().actor == "anya@192.0.2.1");
    CHECK(events.back().detail.find("\"by_hand\":true") != std::string::npos);

    // And back again: what serves again is deployed, as it was.
    world.by_hand(0, "v1.2.3", 30);
    world.by_hand(1, "v1.2.3", 40);
    world.take_over();
    CHECK(world.status(world.second) == "deployed");
    CHECK(world.status(world.first) == "rollback_done");
}

TEST_CASE("nothing is taken over while a run is under way") {
    World world;
    world.by_hand(0, "v1.2.2", 10);
    world.hosts[1].sight.value().lock = "v1.2.4, ci, 2026-01-31 03:04:05, " + random_uuid();
    CHECK(world.compare().empty());
    world.hosts[1].sight.value().lock.clear();
    world.hosts[1].sight.value().runs.push_back({random_uuid(), "running", "up"});
    CHECK(world.compare().empty());
    world.hosts[1].sight.value().runs[0].state = "died";
    CHECK_FALSE(world.compare().empty());
    const store::Run open = World::row("v1.2.4", std::string(40, 'c'));
    REQUIRE(world.ledger->open_run(open).opened);
    CHECK(world.compare().empty());
}

TEST_CASE("what was cut short while it was told is told again") {
    World world;
    world.by_hand(0, "v1.2.2", 10);
    world.by_hand(1, "v1.2.2", 20);
    const auto untold = world.compare();
    REQUIRE(untold.by_hand.size() == 2);
    // Its row was written, and then the program was killed.
    store::Run row = World::row("v1.2.2", "");
    row.id = untold.by_hand[1].run;
    row.kind = store::RunKind::rollback;
    row.source = "host";
    REQUIRE(world.ledger->open_run(row).opened);
    CHECK(world.compare().by_hand.size() == 2);
    world.take_over();
    CHECK(world.status(world.second) == "rollback_done");
    CHECK(world.ledger->find_run(row.id)->ended_at);
    // While that row was open the other one's had no room.
    world.take_over();
    CHECK(world.compare().empty());
}

TEST_CASE("what nothing proves is an alarm, and moves no release") {
    World world;
    deploy::HostState& state = world.hosts[0].sight.value();
    state.serves = "registry.example/evil:latest";
    state.serving.clear();
    auto untold = world.compare();
    REQUIRE(untold.unproven.size() == 1);
    CHECK(untold.unproven[0].host == "prod-1");
    CHECK(untold.unproven[0].approved == "v1.2.3");
    CHECK(untold.by_hand.empty());
    const auto before = world.ledger->events(world.second).size();
    world.take_over();
    world.take_over();
    CHECK(world.status(world.second) == "deployed");
    CHECK(world.ledger->events(world.second).size() == before + 1);

    // Nor does it become one that was approved because a run has kept it since, by whatever name.
    state.serves = "v1.2.3";
    const std::int64_t later =
        std::chrono::duration_cast<std::chrono::seconds>(now().time_since_epoch()).count() + 60;
    state.kept.push_back({"run-before", "v1.2.3", "", "adopt", later, "yes"});
    state.serving = "run-before";
    CHECK(world.compare().unproven.size() == 1);
    // The first run found it.
    state.kept[0].kept_at = later - 3600;
    CHECK(world.compare().unproven.empty());
    state.kept[0].kept_at = later;
    state.kept[0].how = "deploy";
    CHECK(world.compare().unproven.empty());
    state.serving.clear();

    // A failed deploy that left its version there was approved.
    state.serves = "v1.2.3";
    CHECK(world.compare().unproven.empty());
    state.serves = std::string(40, 'b');
    CHECK(world.compare().unproven.empty());
    state.serves = std::string(40, 'c');
    CHECK(world.compare().unproven.size() == 1);
    // Docker does not say what is kept.
    state.images_known = false;
    CHECK(world.compare().unproven.empty());
    state.images_known = true;
    state.serves.clear();
    CHECK(world.compare().unproven.empty());
}

TEST_CASE("before its first deploy production is nobody's") {
    World world;
    world.hosts[0].sight.value().serves = "example/web:1";
    world.hosts[0].sight.value().serving.clear();
    CHECK(deploy::compare(*world.ledger, "loom-user", "prod", world.hosts).unproven.empty());
    CHECK(deploy::compare(*world.ledger, k_service, "stage", world.hosts).unproven.empty());
}

TEST_CASE(
    "a host that serves something else than the ledger believes is named, and nothing moves") {
    World world;
    const auto found = [&] {
        return deploy::disagreements(*world.ledger, k_service, "prod", world.hosts);
    };
    CHECK(found().empty());
    world.by_hand(1, "v1.2.2", 10);
    REQUIRE(found().size() == 1);
    CHECK(found()[0].host == "prod-2");
    CHECK(found()[0].serves == "v1.2.2");
    CHECK(found()[0].ledger == "v1.2.3");
    CHECK(found()[0].by_hand);
    CHECK(world.ledger->find_release(world.second)->status == "deployed");
    CHECK(world.ledger->list_runs({}).size() == 2);
    // The same commit under another of its tags is the same version.
    world.hosts[1].sight.value().commit = std::string(40, 'b');
    CHECK(found().empty());
    // By whatever else it came there.
    world.hosts[1].sight.value().commit.clear();
    world.hosts[1].sight.value().changes.clear();
    REQUIRE(found().size() == 1);
    CHECK_FALSE(found()[0].by_hand);
    // Nobody knows what serves; and that nothing does is another answer.
    world.hosts[1].sight.value().serves.clear();
    world.hosts[1].sight.value().images_known = false;
    CHECK(found().empty());
    world.hosts[1].sight.value().images_known = true;
    CHECK(found().size() == 1);
    world.hosts[1].sight.reset();
    CHECK(found().empty());
}

TEST_CASE("host and ledger do not disagree while a run is under way") {
    World world;
    world.by_hand(1, "v1.2.2", 10);
    REQUIRE(world.ledger->open_run(World::row("v1.2.4", std::string(40, 'c'))).opened);
    CHECK(deploy::disagreements(*world.ledger, k_service, "prod", world.hosts).empty());
}
