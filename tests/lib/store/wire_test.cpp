#include "lib/store/wire/wire.hpp"
#include "tests/support/catch.hpp"

// What older loomrels read and write. Whoever changes a text here breaks them.

using namespace loomrel;
using nlohmann::json;

namespace {

const Time k_time{std::chrono::sys_days(std::chrono::year(2024) / 3 / 15)
                  + std::chrono::microseconds(52200000001)};

store::Run full_run() {
    store::Run run;
    run.id = "7d9f4d8e-0d3a-4c39-8b62-93ad57aeb9d1";
    run.service = "loom-content";
    run.environment = "prod";
    run.kind = store::RunKind::rollback;
    run.release_id = 7;
    run.ref = "refs/tags/v1.2.3";
    run.commit = "abc";
    run.github_run_id = "77";
    run.github_run_attempt = 2;
    run.hosts = {"deploy@one", "two"};
    run.settings = {{"form", "2"}, {"hooks", "1f"}};
    run.source = "spool";
    run.started_at = k_time;
    run.ended_at = k_time;
    run.unseen_for = Milliseconds(1500);
    run.outcome = store::RunOutcome::good;
    run.result = R"({"a":1})";
    return run;
}

const json k_full_run = json::parse(R"({
    "id": "7d9f4d8e-0d3a-4c39-8b62-93ad57aeb9d1", "service": "loom-content",
    "environment": "prod", "kind": "rollback", "release_id": 7, "ref": "refs/tags/v1.2.3",
    "commit": "abc", "github_run_id": "77", "github_run_attempt": 2,
    "hosts": ["deploy@one", "two"], "settings": {"form": "2", "hooks": "1f"}, "source": "spool",
    "began_via": "", "key": "", "cancelled_by": "", "started_at": "2024-03-15T14:30:00.000001Z", "ended_at": "2024-03-15T14:30:00.000001Z",
    "unseen_ms": 1500, "outcome": "good", "result": "{\"a\":1}"})");

const json k_empty_run = json::parse(R"({
    "id": "", "service": "", "environment": "", "kind": "deploy", "release_id": null, "ref": "",
    "commit": "", "github_run_id": "", "github_run_attempt": 0, "hosts": [], "settings": {},
    "source": "", "began_via": "", "key": "", "cancelled_by": "", "started_at": "1970-01-01T00:00:00.000000Z", "ended_at": null, "unseen_ms": 0,
    "outcome": null, "result": ""})");

const store::RunEnd k_end{"r", store::RunOutcome::failed, "{}", {{"one", "ended", "ok", "v1.2.3"}}};

const json k_end_json = json::parse(R"({"run_id": "r", "outcome": "failed", "result": "{}",
    "commit": "", "hosts": [{"host": "one", "state": "ended", "outcome": "ok", "serves": "v1.2.3"}]})");

} // namespace

namespace wire = store::wire;

TEST_CASE("a release and its history are written as ever") {
    store::NewRelease fresh;
    fresh.service = "loom-content";
    fresh.tag = "v1.2.3";
    fresh.run_id = "77";
    fresh.by = "gommgo";
    fresh.link = "https://x";
    fresh.ref = "refs/tags/v1.2.3";
    fresh.source = "cli";
    auto wanted = json::parse(R"({"service_name": "loom-content", "release_tag": "v1.2.3",
        "initiated_by": "gommgo", "github_run_id": "77", "github_action_link": "https://x",
        "github_ref": "refs/tags/v1.2.3", "source": "cli", "continues": false,
        "status": "initiated"})");
    CHECK(wire::to_json(fresh) == wanted);
    fresh.commit = "abc";
    fresh.continues = true;
    wanted["commit_sha"] = "abc";
    wanted["continues"] = true;
    CHECK(wire::to_json(fresh) == wanted);

    CHECK(wire::to_json(release::Release{}) == json::parse(R"({"id": 0, "service_name": "",
        "release_tag": "", "rollback_to_tag": "", "status": "", "initiated_by": "",
        "github_run_id": "", "github_action_link": "", "github_ref": "", "created_at": null,
        "started_at": null, "completed_at": null, "commit_sha": null, "superseded_by": null,
        "unverified": false, "actors": null})"));
    release::Release row;
    row.id = 7;
    row.service_name = "loom-content";
    row.release_tag = "v1.2.3";
    row.rollback_to_tag = "v1.2.2";
    row.status = "rollback_done";
    row.initiated_by = "gommgo";
    row.github_run_id = "77";
    row.github_action_link = "https://x";
    row.github_ref = "refs/tags/v1.2.3";
    row.created_at = k_time;
    row.started_at = k_time;
    row.completed_at = k_time;
    row.commit_sha = "abc";
    row.superseded_by = 8;
    CHECK(wire::to_json(row) == json::parse(R"({"id": 7, "service_name": "loom-content",
        "release_tag": "v1.2.3", "rollback_to_tag": "v1.2.2", "status": "rollback_done",
        "initiated_by": "gommgo", "github_run_id": "77", "github_action_link": "https://x",
        "github_ref": "refs/tags/v1.2.3", "created_at": "2024-03-15T14:30:00.000001Z",
        "started_at": "2024-03-15T14:30:00.000001Z", "completed_at": "2024-03-15T14:30:00.000001Z",
        "commit_sha": "abc", "superseded_by": 8, "unverified": false, "actors": null})"));

    // The members of a detail stay in the order in which they were written.
    const release::Event event{
        k_time, "building", "stage_deploy", "me", "cli", R"({"b":1,"a":[]})"};
    CHECK(wire::to_json(event).dump()
          == R"({"at":"2024-03-15T14:30:00.000001Z","from":"building","to":"stage_deploy",)"
             R"("actor":"me","source":"cli","detail":{"b":1,"a":[]}})");
    CHECK(wire::event_from(wire::to_json(event)).detail == event.detail);
}

TEST_CASE("a run is written as ever") {
    CHECK(wire::to_json(store::Run{}) == k_empty_run);
    CHECK(wire::to_json(full_run()) == k_full_run);
    CHECK(wire::to_json(k_end) == k_end_json);
}

TEST_CASE("a change, a claim and its answer are written as ever") {
    store::Change change;
    change.id = "c";
    change.release_id = 7;
    change.actor = "me";
    change.source = "journal";
    json wanted = json::parse(R"({"id": "c", "release_id": 7, "steps": [], "actor": "me",
                                 "source": "journal"})");
    CHECK(wire::to_json(change) == wanted);
    change.steps = {{release::Move::rollback, "{}"}, {release::Move::rollback_done, R"({"a":1})"}};
    change.commit = "abc";
    change.run_id = "77";
    change.link = "https://x";
    change.rollback_to_tag = "";
    change.during_run = "r";
    change.open_run = full_run();
    change.end_run = k_end;
    wanted.update(json::parse(R"({"steps": [{"to": "rollback", "detail": "{}"},
            {"to": "rollback_done", "detail": "{\"a\":1}"}], "commit": "abc", "run_id": "77",
            "link": "https://x", "rollback_to_tag": "", "during_run": "r"})"));
    wanted["open_run"] = k_full_run;
    wanted["end_run"] = k_end_json;
    CHECK(wire::to_json(change) == wanted);

    store::Claim claim;
    claim.id = "c";
    claim.release_id = 7;
    claim.actor = "me";
    claim.source = "cli";
    wanted = json::parse(R"({"id": "c", "release_id": 7, "actor": "me", "source": "cli",
                            "detail": "{}", "older": false})");
    CHECK(wire::to_json(claim) == wanted);
    claim.older = true;
    claim.run = full_run();
    wanted["older"] = true;
    wanted["run"] = k_full_run;
    CHECK(wire::to_json(claim) == wanted);

    store::Claimed claimed;
    CHECK(wire::to_json(claimed) == json::parse(R"({"what": "done", "status": "", "conflict": "",
        "outrun_by": "", "settings": [], "there": null})"));
    claimed = {store::Claimed::What::refused,
               "manual_testing",
               "settings",
               "v2.0.0",
               {"hooks"},
               full_run()};
    wanted = json::parse(R"({"what": "refused", "status": "manual_testing", "conflict": "settings",
                            "outrun_by": "v2.0.0", "settings": ["hooks"]})");
    wanted["there"] = k_full_run;
    CHECK(wire::to_json(claimed) == wanted);
}

TEST_CASE("people's words and their rules are written as ever") {
    store::Decision decision;
    decision.id = "d";
    decision.release_id = 7;
    decision.commit = "abc";
    decision.approver_id = 11;
    decision.approver_name = "Аня";
    decision.typed_by = "me";
    decision.verdict = store::Verdict::rejected;
    decision.reason = "no";
    decision.stage = store::Seen::silent;
    decision.source = "cli";
    CHECK(wire::to_json(decision) == json::parse(R"({"id": "d", "commit": "abc", "approver_id": 11,
        "question": 0, "verdict": "rejected", "reason": "no", "stage": "silent"})"));
    CHECK(wire::to_json(store::Approval{11, "Аня", "abc", store::Verdict::approved, k_time})
          == json::parse(R"({"approver_id": 11, "approver_name": "Аня", "commit": "abc",
                 "verdict": "approved", "at": "2024-03-15T14:30:00.000001Z"})"));
    const release::ApprovalRules rules{{11, 22}, 0, false, {{11, "anna", "Аня"}}, Milliseconds(5)};
    CHECK(wire::to_json(rules) == json::parse(R"({"approvers": [11, 22], "quorum": 0,
        "self_approval": false, "people": [{"telegram": 11, "github": "anna", "name": "Аня"}],
        "expires_ms": 5})"));
    CHECK(wire::to_json(store::NewNote{"n", 7, "me", "cli", R"({"a":1})"})
          == json::parse(R"({"id": "n", "actor": "me", "source": "cli", "detail": "{\"a\":1}"})"));
    CHECK(wire::to_json(store::NewNotice{"k", "text", std::nullopt, "{}"})
          == json::parse(R"({"key": "k", "kind": "text", "release_id": null, "fact": "{}"})"));
    CHECK(wire::to_json(store::NewNotice{"k", "text", 7, "{}"}).at("release_id") == 7);
    CHECK(wire::to_json(store::SchemaState{"SQLite 3.40.1", {"a"}, {"b"}, {"c"}})
          == json::parse(R"({"product": "SQLite 3.40.1", "applied": ["a"], "pending": ["b"],
                 "problems": ["c"]})"));
}

TEST_CASE("what is written is read back whole") {
    const auto again = [](const auto& value) {
        return wire::to_json(wire::read<std::decay_t<decltype(value)>>(wire::to_json(value)));
    };
    CHECK(again(full_run()) == k_full_run);
    CHECK(again(store::Run{}) == k_empty_run);
    CHECK(again(k_end) == k_end_json);
    store::Claimed claimed;
    claimed.what = store::Claimed::What::already;
    claimed.settings = {"hooks"};
    claimed.there = full_run();
    CHECK(again(claimed) == wire::to_json(claimed));
    store::Change change;
    change.steps = {{release::Move::manual_testing, "{}"}};
    change.rollback_to_tag = "";
    change.end_run = k_end;
    CHECK(again(change) == wire::to_json(change));
    const release::ApprovalRules rules{{11, 22}, 0, false, {{11, "anna", "Аня"}}, Milliseconds(5)};
    CHECK(wire::read<release::ApprovalRules>(wire::to_json(rules)) == rules);

    const auto decided = wire::read<store::Decided>(json::parse(
        R"({"what": "approved", "status": "manual_test_passed", "needed": 2, "stage_run": "r",
            "approvals": [{"approver_id": 11, "verdict": "approved"}], "server_is_up": true})"));
    CHECK(decided.what == store::Decided::What::approved);
    CHECK(decided.needed == 2);
    CHECK(decided.stage_run == "r");
    CHECK(decided.server_is_up);
    REQUIRE(decided.approvals.size() == 1);
    CHECK(decided.approvals[0].approver_id == 11);
}

TEST_CASE("what is absent or null is as the value is made, or as callers mean it") {
    const auto change = wire::read<store::Change>(
        json::parse(R"({"id": "c", "release_id": 7, "actor": "me", "commit": null,
                        "steps": [{"to": "building"}]})"));
    CHECK(change.source == "api");
    CHECK_FALSE(change.commit);
    REQUIRE(change.steps.size() == 1);
    CHECK(change.steps[0].detail == "{}");
    CHECK(wire::read<store::Decided>(json{{"what", "counted"}}).needed == 1);
    const auto fresh = wire::read<store::NewRelease>(json::parse(
        R"({"service": "a", "service_name": "b", "tag": "v1.2.3", "by": "me", "run_id": "77"})"));
    CHECK(fresh.service == "b"); // the column comes before its short name
    CHECK(fresh.tag == "v1.2.3");
    CHECK(fresh.source == "api");
}

TEST_CASE("a word that is not known here is none, but for how a run of a newer loomrel ended") {
    json run = k_full_run;
    run["outcome"] = "evaporated";
    CHECK(wire::read<store::Run>(run).outcome == store::RunOutcome::unknown);
    json end = k_end_json;
    end["outcome"] = "evaporated";
    CHECK_THROWS_AS(wire::read<store::RunEnd>(end), wire::FieldError);
    run["kind"] = "evaporation";
    CHECK_THROWS_AS(wire::read<store::Run>(run), wire::FieldError);
    // Neither a decision nor a claim is a step.
    for (const char* to : {"manual_test_passed", "manual_test_failed", "deploying", "initiated"}) {
        CHECK_THROWS_AS(wire::read<store::Change::Step>(json{{"to", to}}), wire::FieldError);
    }
}

TEST_CASE("a value of another type is told by its name") {
    const auto problem = [](const char* name, const json& value) -> std::string {
        json run = k_full_run;
        run[name] = value;
        try {
            (void)wire::read<store::Run>(run);
        } catch (const wire::FieldError& error) {
            return error.what();
        }
        return "";
    };
    CHECK(problem("service", 5) == R"("service" must be a string)");
    CHECK(problem("service", json()) == R"("service" is missing)");
    CHECK(problem("service", std::string("a\0b", 3)) == R"("service" must not hold U+0000)");
    CHECK(problem("release_id", "7") == R"("release_id" must be an integer)");
    CHECK(problem("release_id", 18446744073709551615U) == R"("release_id" must be an integer)");
    CHECK(problem("github_run_attempt", -1) == R"("github_run_attempt" must be a small number)");
    CHECK(problem("hosts", "one") == R"("hosts" must be a list)");
    CHECK(problem("hosts", {1}) == R"("hosts" must be a string)");
    CHECK(problem("settings", {1}) == R"("settings" must be an object)");
    CHECK(problem("started_at", "yesterday") == R"("started_at" must be a time as in RFC 3339)");
    CHECK(problem("started_at", "2024-03-15T17:30:00+03:00").empty());
}
