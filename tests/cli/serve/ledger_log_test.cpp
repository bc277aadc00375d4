#include "cli/serve/ledger_log.hpp"
#include "lib/base/random.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"
#include "tests/support/process.hpp"
#include "tests/support/text.hpp"

#include <sstream>

using namespace loomrel;
using nlohmann::json;
using release::Move;
using test::has;

namespace {

// A ledger of its own, a log, and what stands in it.
struct LogWorld {
    test::TempFolder folder;
    std::unique_ptr<store::ServerLedger> ledger =
        store::open_server_ledger({"sqlite://" + (folder.path() / "l.db").string(), Secret()});
    test::CommandWorld world;
    cli::Services services{world.services()};
    cli::ServeLog log{services};

    // The lines of this kind; "" = all.
    std::vector<json> lines(const std::string& event = "") {
        std::vector<json> found;
        std::istringstream text(world.io.err_text);
        for (std::string line; std::getline(text, line);) {
            json object = json::parse(line);
            if (event.empty() || object["event"] == event) {
                found.push_back(std::move(object));
            }
        }
        return found;
    }

    std::int64_t release(const std::string& tag) {
        return ledger
            ->create_release(
                {"demo", tag, random_uuid(), "alice", "", "", std::string(40, 'a'), "cli"})
            .id;
    }

    void move(std::int64_t id, std::vector<Move> way, const std::string& actor) {
        store::Change change;
        change.id = random_uuid();
        change.release_id = id;
        change.actor = actor;
        change.source = "cli";
        for (const Move to : way) {
            change.steps.push_back({to, "{}"});
        }
        REQUIRE(ledger->apply(change).what == store::Changed::What::done);
    }

    store::Run run(const std::string& environment) {
        store::Run run;
        run.id = random_uuid();
        run.service = "demo";
        run.environment = environment;
        run.ref = "refs/tags/v1.0.0";
        run.began_by = "alice";
        run.began_via = "cli";
        REQUIRE(ledger->open_run(run).opened);
        return run;
    }
};

} // namespace

TEST_CASE("serve's log tells what the ledger gains, a line each, and nothing of before") {
    LogWorld world;
    const auto id = world.release("v1.0.0");
    world.move(id, {Move::building, Move::stage_deploy, Move::manual_testing}, "alice");
    cli::LedgerLog follower(world.log, *world.ledger);
    follower.look();
    CHECK(world.lines().empty());

    store::Decision decision;
    decision.id = random_uuid();
    decision.release_id = id;
    decision.commit = std::string(40, 'a');
    decision.question = 1;
    decision.approver_id = 1;
    decision.approver_name = "carol";
    decision.source = "bot";
    decision.rules.approvers = {1};
    REQUIRE(world.ledger->decide(decision).what == store::Decided::What::approved);
    store::Claim claim;
    claim.id = random_uuid();
    claim.release_id = id;
    claim.actor = "dave";
    claim.source = "cli";
    claim.older = true;
    store::Claim refused = claim;
    refused.id = random_uuid();
    refused.run = store::Run{};
    refused.run->id = random_uuid();
    refused.run->service = "demo";
    refused.run->environment = "prod";
    refused.run->commit = std::string(40, 'b');
    claim.rules = refused.rules = decision.rules;
    REQUIRE(world.ledger->claim(refused).conflict == "commit");
    REQUIRE(world.ledger->claim(claim).what == store::Claimed::What::done);
    REQUIRE(world.ledger->note_event(
        {random_uuid(), id, "loomrel", "serve", R"({"dispatch":"started"})"}));
    follower.look();
    follower.look();
    REQUIRE(world.lines("decision").size() == 1);
    CHECK(world.lines("decision")[0]["by"] == "carol");
    CHECK(world.lines("decision")[0]["tag"] == "v1.0.0");
    CHECK(world.lines("decision")[0]["at"].is_string());
    REQUIRE(world.lines("deploy_refused").size() == 1);
    CHECK(world.lines("deploy_refused")[0]["level"] == "warning");
    CHECK(world.lines("deploy_refused")[0]["detail"]["conflict"] == "commit");
    REQUIRE(world.lines("deploy").size() == 1);
    CHECK(world.lines("deploy")[0]["by"] == "dave");
    CHECK(world.lines("dispatch").size() == 1);
    CHECK(world.lines().size() == 4);
}

TEST_CASE("serve's log tells runs from their begin to their end, and who cancelled them") {
    LogWorld world;
    const store::Run before = world.run("stage");
    cli::LedgerLog follower(world.log, *world.ledger);
    const store::Run quick = world.run("prod");
    store::RunEnd end{quick.id, store::RunOutcome::good, "{}", {}};
    world.ledger->end_run(end);
    follower.look();
    REQUIRE(world.lines("run_began").size() == 1);
    CHECK(world.lines("run_began")[0]["run_id"] == quick.id);
    CHECK(world.lines("run_began")[0]["by"] == "alice");
    REQUIRE(world.lines("run_ended").size() == 1);
    CHECK(world.lines("run_ended")[0]["outcome"] == "good");
    end = {before.id, store::RunOutcome::cancelled, "{}", {}};
    end.cancelled_by = "bob";
    world.ledger->end_run(end);
    follower.look();
    follower.look();
    REQUIRE(world.lines("cancel").size() == 1);
    CHECK(world.lines("cancel")[0]["by"] == "bob");
    CHECK(world.lines("cancel")[0]["began_by"] == "alice");
    CHECK(world.lines("cancel")[0]["run_id"] == before.id);
    CHECK(world.lines("run_ended").size() == 2);
}

TEST_CASE("what others wrote into the ledger makes one line of serve's log, and no more of it") {
    LogWorld world;
    const auto id = world.release("v1.0.0");
    cli::LedgerLog follower(world.log, *world.ledger);
    const json detail{{"text", "x\n{\"event\":\"decision\"}" + std::string(5000, 'y')},
                      {"lines", json::array({"never"})}};
    REQUIRE(world.ledger->note_event({random_uuid(), id, "eve\x1b[31m\n", "api", detail.dump()}));
    follower.look();
    REQUIRE(world.lines().size() == 1);
    CHECK(world.world.io.err_text.size() < 1000);
    CHECK_FALSE(has(world.world.io.err_text, "never"));
    CHECK_FALSE(has(world.world.io.err_text, "\x1b"));
    CHECK(world.lines("decision").empty());
}
