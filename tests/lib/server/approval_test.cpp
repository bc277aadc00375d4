#include "lib/store/wire/wire.hpp"
#include "tests/lib/server/api_world.hpp"

using namespace loomrel;
using namespace loomrel::test;
using nlohmann::json;

namespace {

constexpr const char* k_id = "7d9f4d8e-0d3a-4c39-8b62-93ad57aeb9d1";
const std::string k_sha(40, 'a');

std::string code_of(const server::Response& response) {
    return json::parse(response.body).at("error").at("code");
}

// Release 1 is approved and waits for production.
struct ApprovedWorld : ApiWorld {
    ApprovedWorld() {
        release::Release row;
        row.id = 1;
        row.service_name = "loom-content";
        row.release_tag = "v1.2.3";
        row.status = "manual_test_passed";
        row.initiated_by = "gommgo";
        row.commit_sha = k_sha;
        ledger.rows[1] = row;
    }

    static json run() {
        store::Run run;
        run.id = "0f0e0d0c-0000-4000-8000-000000000001";
        run.service = "loom-content";
        run.environment = "prod";
        run.release_id = 1;
        run.ref = "refs/tags/v1.2.3";
        run.commit = k_sha;
        run.hosts = {"root@prod:22"};
        run.settings = {{"root", "hash"}};
        return store::wire::to_json(run);
    }

    static json claim() {
        return {{"id", k_id}, {"release_id", 1}, {"actor", "gommgo"}, {"run", run()}};
    }

    void refuses(const std::string& conflict) {
        store::Claimed claimed;
        claimed.what = store::Claimed::What::refused;
        claimed.status = "manual_testing";
        claimed.conflict = conflict;
        claimed.settings = {"root"};
        ledger.claimed = claimed;
    }
};

} // namespace

TEST_CASE("no key of the API decides, whatever its body says") {
    ApprovedWorld world;
    world.ledger.rows[1].status = "manual_testing";
    for (const std::string body : {R"({"id":"7d9f4d8e-0d3a-4c39-8b62-93ad57aeb9d1","commit":"",)"
                                   R"("approver_id":11,"approver_name":"x","verdict":"approved"})",
                                   "{}"}) {
        const auto answer = world.ask("POST", "/releases/1/approvals", body);
        CHECK(answer.status == 403);
        CHECK(code_of(answer) == "approval_required");
    }
    CHECK(world.ledger.decisions.empty());
    CHECK(world.ledger.rows.at(1).status == "manual_testing");
}

TEST_CASE("a claim goes to the ledger with the server's rules, never with the caller's") {
    ApprovedWorld world;
    json body = ApprovedWorld::claim();
    body["older"] = true;
    body["rules"] = {{"approvers", {99}}, {"quorum", 1}};
    body["approvers"] = {99};
    const auto answer = world.ask("POST", "/claims", body.dump());
    CHECK(answer.status == 200);
    CHECK(json::parse(answer.body).at("what") == "done");
    CHECK(json::parse(answer.body).at("status") == "deploying");
    CHECK(json::parse(answer.body).at("there").at("id") == ApprovedWorld::run().at("id"));
    REQUIRE(world.ledger.claims.size() == 1);
    const store::Claim& claim = world.ledger.claims[0];
    CHECK(claim.id == k_id);
    CHECK(claim.older);
    CHECK(claim.source == "api");
    CHECK(claim.rules == ApiWorld::rules());
    REQUIRE(claim.run);
    CHECK(claim.run->settings.at("root") == "hash");
    const auto again = world.ask("POST", "/claims", ApprovedWorld::claim().dump());
    CHECK(again.status == 200);
    CHECK(json::parse(again.body).at("what") == "already");
}

TEST_CASE("a refused claim says what the proof lacks") {
    ApprovedWorld world;
    world.refuses("settings");
    const auto answer = world.ask("POST", "/claims", ApprovedWorld::claim().dump());
    CHECK(answer.status == 409);
    CHECK(code_of(answer) == "claim_refused");
    const json error = json::parse(answer.body).at("error");
    CHECK(error.at("status") == "manual_testing");
    CHECK(error.at("conflict") == "settings");
    CHECK(error.at("claimed").at("settings") == json{"root"});
    json body = ApprovedWorld::claim();
    body["release_id"] = body["run"]["release_id"] = 42;
    CHECK(world.ask("POST", "/claims", body.dump()).status == 404);
}

TEST_CASE("a claim's run is a deploy of its release to production") {
    ApprovedWorld world;
    const auto with = [](const char* member, const json& value) {
        json body = ApprovedWorld::claim();
        body["run"][member] = value;
        return body.dump();
    };
    for (const std::string& body : {with("environment", "stage"),
                                    with("kind", "rollback"),
                                    with("release_id", 2),
                                    with("release_id", json()),
                                    with("commit", "abc"),
                                    with("settings", {{"root", std::string(200, 'a')}}),
                                    with("settings", {{"root", 5}})}) {
        CAPTURE(body);
        CHECK(world.ask("POST", "/claims", body).status == 422);
    }
    CHECK(world.ledger.claims.empty());
}

TEST_CASE("the rules of the ledger are shown, the server's own until there are any") {
    ApprovedWorld world;
    const auto shown = [&] {
        return store::wire::read<release::ApprovalRules>(
            json::parse(world.ask("GET", "/approval-rules").body));
    };
    CHECK(shown() == ApiWorld::rules());
    world.ledger.rules = release::ApprovalRules{};
    world.ledger.rules->approvers = {44};
    CHECK(shown() == *world.ledger.rules);
}

TEST_CASE("a loomrel from before the claim claims by a change, and needs the same proof") {
    ApprovedWorld world;
    json body{{"id", k_id},
              {"release_id", 1},
              {"actor", "gommgo"},
              {"source", "cli"},
              {"approved_within_ms", 86400000},
              {"steps", json::array({{{"to", "deploying"}, {"detail", "{}"}}})},
              {"open_run", ApprovedWorld::run()}};
    world.refuses("approvals");
    const auto refused = world.ask("POST", "/changes", body.dump());
    CHECK(refused.status == 409);
    CHECK(json::parse(refused.body).at("error").at("conflict") == "approvals");
    const auto done = world.ask("POST", "/changes", body.dump());
    CHECK(done.status == 200);
    CHECK(json::parse(done.body).at("what") == "done");
    CHECK(json::parse(done.body).at("status") == "deploying");
    REQUIRE(world.ledger.claims.size() == 2);
    CHECK(world.ledger.claims[1].run->id == ApprovedWorld::run().at("id"));
    CHECK(world.ledger.claims[1].rules == ApiWorld::rules());
    CHECK(world.ledger.changes.empty());
    // Another has it: that is how such a one is told.
    const auto late = world.ask("POST", "/changes", body.dump());
    CHECK(late.status == 409);
    CHECK(code_of(late) == "already");
    // With another step it is no claim, and no change either.
    world.ledger.rows[1].status = "manual_test_passed";
    body["steps"].push_back({{"to", "deployed"}, {"detail", "{}"}});
    CHECK(world.ask("POST", "/changes", body.dump()).status == 422);
    CHECK(world.ledger.changes.empty());
    CHECK(world.ledger.rows.at(1).status == "manual_test_passed");
}

TEST_CASE("an older system that deploys by itself says so by a status, and needs the same proof") {
    ApprovedWorld world;
    const std::string body = R"({"release_id":1,"status":"deploying"})";
    world.refuses("expired");
    CHECK(world.ask("PATCH", "/release", body).status == 409);
    CHECK(world.ask("PATCH", "/release", body).body == R"({"status":"success"})");
    CHECK(world.ask("PATCH", "/release", body).body == R"({"status":"success"})");
    CHECK(world.ledger.claims.size() == 3);
    CHECK_FALSE(world.ledger.claims[1].run);
    CHECK(world.ledger.claims[1].rules == ApiWorld::rules());
    CHECK(world.ledger.changes.empty());
    // What came with it is written as with any move.
    CHECK(world
              .ask("PATCH",
                   "/release",
                   R"({"release_id":1,"status":"deploying","github_run_id":"78"})")
              .status
          == 200);
    REQUIRE(world.ledger.changes.size() == 1);
    CHECK(world.ledger.changes[0].run_id == "78");
    CHECK(world.ledger.changes[0].steps.empty());
    // What no move leads to says the present status.
    const auto refused = world.ask("PATCH", "/release", R"({"release_id":1,"status":"initiated"})");
    CHECK(refused.status == 409);
    CHECK(json::parse(refused.body).at("error").at("status") == "deploying");
}

TEST_CASE("a run that is open already is told to whoever would open another") {
    ApprovedWorld world;
    store::Changed changed;
    changed.what = store::Changed::What::refused;
    changed.status = "building";
    changed.conflict = "run";
    changed.there = store::wire::read<store::Run>(ApprovedWorld::run());
    world.ledger.refuses = changed;
    const json body{{"id", k_id}, {"release_id", 1}, {"actor", "x"}, {"steps", json::array()}};
    const auto answer = world.ask("POST", "/changes", body.dump());
    CHECK(answer.status == 409);
    const json error = json::parse(answer.body).at("error");
    CHECK(error.at("conflict") == "run");
    CHECK(error.at("there").at("id") == ApprovedWorld::run().at("id"));
}

TEST_CASE("production is not taken for another commit than the release's") {
    ApprovedWorld world;
    const auto says = [&](const std::string& commit) {
        return world.ask(
            "PATCH",
            "/release",
            json{{"release_id", 1}, {"status", "deploying"}, {"commit_sha", commit}}.dump());
    };
    const auto other = says(std::string(40, 'b'));
    CHECK(other.status == 409);
    CHECK(code_of(other) == "conflict");
    CHECK(json::parse(other.body).at("error").at("conflict") == "commit");
    CHECK(world.ledger.claims.empty());
    CHECK(world.ledger.rows.at(1).status == "manual_test_passed");
    CHECK(says(k_sha).status == 200);
    CHECK(world.ledger.claims.size() == 1);
}

TEST_CASE("people are asked anew from wherever the table lets them be") {
    ApprovedWorld world;
    for (const char* from : {"manual_test_passed", "production_failed"}) {
        CAPTURE(from);
        world.ledger.rows[1].status = from;
        CHECK(world.ask("PATCH", "/release", R"({"release_id":1,"status":"manual_testing"})").status
              == 200);
        CHECK(world.ledger.rows.at(1).status == "manual_testing");
    }
}
