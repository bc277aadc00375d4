#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/text.hpp"

#include <nlohmann/json.hpp>

using namespace loomrel;
using cli::ExitCode;
using nlohmann::json;
using test::CommandWorld;
using What = store::Decided::What;
using test::has;

namespace {

const std::string k_commit = "0123456789abcdef0123456789abcdef01234567";

// Release 2 waits for QA; three people may approve.
struct ApprovalWorld : CommandWorld {
    ApprovalWorld() {
        release::Release row;
        row.id = 2;
        row.service_name = "loom-content";
        row.release_tag = "v1.3.0";
        row.status = "manual_testing";
        row.initiated_by = "gommgo";
        row.commit_sha = k_commit;
        ledger.rows[2] = row;
        config.telegram.approvers = {11111, 22222, 33333};
        config.people = {{11111, "gommgo", "Аня"}, {22222, "boris", ""}};
        outside.environment["USER"] = "devops";
    }

    [[nodiscard]] std::string code() const { return json::parse(io.out_text)["error"]["code"]; }

    void decides(What what, const std::string& status, const std::string& conflict = "") {
        store::Decided decided;
        decided.what = what;
        decided.status = status;
        decided.conflict = conflict;
        decided.stage_serves = conflict == "stage" ? "v1.4.0" : std::string(40, 'b');
        ledger.decides = decided;
    }
};

} // namespace

TEST_CASE("approve tells the ledger who, what commit, and how many it takes") {
    ApprovalWorld world;
    world.config.telegram.quorum = 2;
    CHECK(world.run({"release", "approve", "2", "--as", "@Boris", "--json"}) == ExitCode::ok);
    const auto& decision = world.ledger.decisions.at(0);
    CHECK(decision.id.size() == 36);
    CHECK(decision.release_id == 2);
    CHECK(decision.commit == k_commit);
    CHECK(decision.approver_id == 22222);
    CHECK(decision.approver_name == "boris");
    CHECK(decision.verdict == store::Verdict::approved);
    CHECK(decision.rules == world.config.approval_rules());
    CHECK(decision.source == "cli");
    CHECK_FALSE(decision.typed_by.empty());
    CHECK(json::parse(world.io.out_text) == json::parse(R"({
        "release_id": 2, "status": "manual_testing", "needed": 2, "settings": [],
        "commit": "0123456789abcdef0123456789abcdef01234567",
        "approvals": [{"by":"boris","decision":"approved","at":"2024-03-15T14:30:00.000Z"}]})"));
    CHECK(world.run({"release", "approve", "2", "--as", "33333", "--json"}) == ExitCode::ok);
    const json answer = json::parse(world.io.out_text);
    CHECK(answer["status"] == "manual_test_passed");
    CHECK(answer["approvals"][1]["by"] == "33333");
}

TEST_CASE("people are told who approved, how many are missing and what is next") {
    ApprovalWorld world;
    world.config.telegram.quorum = 0;
    for (const std::string language : {"ru", "en"}) {
        std::string all;
        const auto say = [&](std::vector<std::string> words) {
            words.insert(words.begin(), "release");
            words.insert(words.end(), {"--lang", language});
            all += "$ loomrel";
            for (const std::string& word : words) {
                all += " " + word;
            }
            const auto code = static_cast<int>(world.run(words));
            all +=
                "\n" + world.io.out_text + world.io.err_text + "[" + std::to_string(code) + "]\n\n";
        };
        world.ledger.rows[2].status = "manual_testing";
        world.ledger.approvals.clear();
        say({"approve", "2", "--as", "Аня", "--dry-run"});
        say({"approve", "2", "--as", "Аня"});
        say({"approve", "2", "--as", "Аня"});
        say({"approve", "2", "--as", "boris"});
        say({"approve", "2", "--as", "33333", "--dry-run"});
        say({"approve", "2", "--as", "33333"});
        say({"approve", "2", "--as", "boris"});
        say({"show", "2"});
        world.ledger.time += std::chrono::hours(25);
        say({"approve", "2", "--as", "boris"});
        world.ledger.time -= std::chrono::hours(25);
        world.decides(What::approved, "manual_test_passed");
        world.ledger.decides->server_is_up = true;
        world.ledger.decides->approvals = world.ledger.approvals[2];
        say({"approve", "2", "--as", "33333"});
        world.ledger.rows[2].status = "manual_testing";
        world.ledger.approvals.clear();
        say({"reject", "2", "--as", "boris", "--reason", "не открывается", "--dry-run"});
        say({"reject", "2", "--as", "boris", "--reason", "не открывается"});
        say({"reject", "2", "--as", "boris"});
        say({"approve", "2", "--as", "Аня"});
        world.decides(What::refused, "manual_testing", "stage");
        say({"approve", "2", "--as", "Аня"});
        world.decides(What::refused, "manual_testing", "stage");
        world.ledger.decides->stage_serves.clear();
        world.ledger.decides->stage_run = "0f0e0d0c-0000-4000-8000-000000000000";
        say({"approve", "2", "--as", "Аня"});
        world.decides(What::refused, "manual_testing", "tag");
        say({"approve", "2", "--as", "Аня"});
        world.decides(What::refused, "manual_testing", "commit");
        say({"approve", "2", "--as", "Аня"});
        world.decides(What::refused, "building", "status");
        say({"approve", "2", "--as", "Аня"});
        say({"approve", "2", "--as", "eve"});
        test::check_golden("release_decide_" + language, all);
    }
}

TEST_CASE("whoever may not approve is refused before the ledger is asked to") {
    ApprovalWorld world;
    CHECK(world.run({"release", "approve", "2", "--as", "eve", "--json"}) == ExitCode::refused);
    CHECK(world.code() == "not_an_approver");
    CHECK(has(world.io.out_text, "Аня (11111), boris (22222), 33333"));
    CHECK(world.run({"release", "approve", "2", "--json"}) == ExitCode::usage);
    CHECK(world.code() == "who_decides");
    CHECK(world.run({"release", "approve", "9", "--as", "11111", "--json"}) == ExitCode::usage);
    CHECK(world.code() == "unknown_release");

    world.config.telegram.quorum = 4;
    CHECK(world.run({"release", "approve", "2", "--as", "11111", "--json"}) == ExitCode::usage);
    CHECK(world.code() == "quorum_unreachable");
    // Who finds it bad is not kept from saying so.
    CHECK(world.run({"release", "reject", "2", "--as", "11111", "--dry-run"}) == ExitCode::ok);
    world.config.telegram.quorum = 1;

    world.config.telegram.self_approval = false;
    CHECK(world.run({"release", "approve", "2", "--as", "11111", "--json"}) == ExitCode::refused);
    CHECK(world.code() == "self_approval");
    CHECK(world.run({"release", "approve", "2", "--as", "boris", "--json"}) == ExitCode::usage);
    CHECK(world.code() == "approver_unknown");
    CHECK(world.ledger.decisions.empty());

    world.config.people.push_back({33333, "vera", ""});
    CHECK(world.run({"release", "reject", "2", "--as", "11111", "--dry-run"}) == ExitCode::ok);
    CHECK(world.run({"release", "approve", "2", "--as", "boris"}) == ExitCode::ok);
    CHECK_FALSE(world.ledger.decisions.at(0).rules.self_approval);

    // Whose it is, and by what, is said; and whom nothing is said of.
    release::Actors& actors = world.ledger.rows[2].actors.emplace();
    actors.sender = "vera";
    actors.word = release::k_word_ci;
    actors.author_email = "b@example.com";
    world.config.people[1].emails = {"B@example.com"};
    CHECK(world.run({"release", "approve", "2", "--as", "boris", "--json"}) == ExitCode::refused);
    CHECK(world.code() == "self_approval");
    CHECK(has(world.io.out_text, "b@example.com"));
    CHECK(world.run({"release", "approve", "2", "--as", "vera", "--json"}) == ExitCode::refused);
    actors.sender = "mallory";
    CHECK(world.run({"release", "approve", "2", "--as", "vera", "--json"}) == ExitCode::refused);
    CHECK(world.code() == "sender_unknown");
    CHECK(has(world.io.out_text, R"([[people]]\ngithub = \"mallory\")"));

    world.config.telegram.approvers.clear();
    for (const char* command : {"approve", "reject"}) {
        CHECK(world.run({"release", command, "2", "--as", "11111", "--json"}) == ExitCode::refused);
        CHECK(world.code() == "no_approvers");
    }
}

TEST_CASE("the rules of the ledger hold, whatever the configuration here says") {
    ApprovalWorld world;
    world.ledger.rules = world.config.approval_rules();
    world.ledger.rules->approvers = {22222, 33333};
    world.ledger.rules->quorum = 2;
    world.config.telegram.approvers = {11111};
    world.config.telegram.quorum = 1;
    CHECK(world.run({"release", "approve", "2", "--as", "11111", "--json"}) == ExitCode::refused);
    CHECK(world.code() == "not_an_approver");
    CHECK(world.ledger.decisions.empty());
    CHECK(world.run({"release", "approve", "2", "--as", "boris", "--json"}) == ExitCode::ok);
    CHECK(json::parse(world.io.out_text)["needed"] == 2);
    CHECK(json::parse(world.io.out_text)["status"] == "manual_testing");
}

TEST_CASE("what is approved is shown before it is, and a terminal is asked") {
    ApprovalWorld world;
    const auto event = [](const std::string& from, const std::string& to, const char* detail) {
        return release::Event{{}, from, to, "loomrel", "journal", detail};
    };
    world.ledger.history[2] = {
        event("stage_deploy", "manual_testing", R"({"settings":["hooks.before_up"]})"),
        event("manual_testing", "manual_test_passed", "{}"),
        event("manual_test_passed", "manual_testing", R"({"settings":["health"]})")};
    const std::vector<std::string> approve{"release", "approve", "2", "--as", "boris"};
    const auto shown = [&] {
        CHECK(has(world.io.err_text, k_commit));
        CHECK(has(world.io.err_text, "hooks.before_up, health"));
    };
    SECTION("a no writes nothing") {
        world.io.prompts = true;
        world.io.typed = {"n"};
        CHECK(world.run(approve) == ExitCode::refused);
        shown();
        CHECK(world.ledger.decisions.empty());
    }
    SECTION("a yes is of what was shown, which --quiet does not hide") {
        world.io.prompts = true;
        world.io.typed = {"y"};
        auto quiet = approve;
        quiet.push_back("--quiet");
        CHECK(world.run(quiet) == ExitCode::ok);
        shown();
        CHECK(world.ledger.decisions.at(0).question == 2);
    }
    SECTION("--yes and whoever cannot be asked are told") {
        auto yes = approve;
        yes.push_back("--yes");
        world.io.prompts = true;
        CHECK(world.run(yes) == ExitCode::ok);
        shown();
        world.ledger.rows[2].status = "manual_testing";
        world.io.prompts = false;
        CHECK(world.run({"release", "approve", "2", "--as", "33333", "--json"}) == ExitCode::ok);
        shown();
        CHECK(json::parse(world.io.out_text)["settings"] == json{"hooks.before_up", "health"});
    }
    SECTION("release show names them") {
        CHECK(world.run({"release", "show", "2", "--json"}) == ExitCode::ok);
        CHECK(json::parse(world.io.out_text)["settings"] == json{"hooks.before_up", "health"});
        world.io.out_tty = true;
        CHECK(world.run({"release", "show", "2"}) == ExitCode::ok);
        CHECK(has(world.io.out_text, "hooks.before_up, health"));
    }
    SECTION("who rejects is asked nothing") {
        world.io.prompts = true;
        CHECK(world.run({"release", "reject", "2", "--as", "boris"}) == ExitCode::ok);
    }
    SECTION("asked anew while it was read: nothing is recorded") {
        world.decides(What::refused, "manual_testing", "question");
        CHECK(world.run({"release", "approve", "2", "--as", "boris", "--json"})
              == ExitCode::refused);
        CHECK(world.code() == "asked_anew");
    }
}

TEST_CASE("a dry run asks and writes nothing") {
    ApprovalWorld world;
    CHECK(world.run({"release", "approve", "2", "--as", "Аня", "--dry-run", "--json"})
          == ExitCode::ok);
    CHECK(json::parse(world.io.out_text) == json::parse(R"({
        "release_id": 2, "status": "manual_testing", "approvals": [], "needed": 1,
        "settings": [], "commit": "0123456789abcdef0123456789abcdef01234567",
        "dry_run": true,
        "would_record": {"by": "Аня", "decision": "approved",
                         "commit": "0123456789abcdef0123456789abcdef01234567"},
        "would_be": "manual_test_passed", "enough": true})"));
    world.config.telegram.quorum = 2;
    CHECK(world.run({"release", "approve", "2", "--as", "Аня", "--dry-run", "--json"})
          == ExitCode::ok);
    CHECK(json::parse(world.io.out_text)["enough"] == false);
    CHECK(json::parse(world.io.out_text)["would_be"] == "manual_testing");
    CHECK(world.run({"release", "reject", "2", "--as", "Аня", "--dry-run", "--json"})
          == ExitCode::ok);
    CHECK(json::parse(world.io.out_text)["would_be"] == "manual_test_failed");
    // A reason that turned out empty does not take --dry-run for itself.
    CHECK(world.run({"release", "reject", "2", "--as=Аня", "--reason=", "--dry-run"})
          == ExitCode::ok);
    world.ledger.rows[2].status = "deployed";
    CHECK(world.run({"release", "approve", "2", "--as", "Аня", "--dry-run", "--json"})
          == ExitCode::refused);
    CHECK(world.code() == "status_does_not_allow");
    CHECK(world.ledger.decisions.empty());
    CHECK(world.ledger.approvals[2].empty());
}

TEST_CASE("names out of the ledger and typed reasons are harmless on a terminal") {
    ApprovalWorld world;
    world.ledger.rows[2].release_tag = "v1\x1b[31m $(id)";
    world.ledger.approvals[2] = {
        {22222, "eve\x1b]0;x\x07\u202E", k_commit, store::Verdict::approved, world.ledger.time}};
    world.config.telegram.quorum = 2;
    CHECK(world.run({"release", "approve", "2", "--as", "Аня"}) == ExitCode::ok);
    CHECK_FALSE(has(world.io.out_text, "\x1b"));
    CHECK_FALSE(has(world.io.out_text, "\u202E"));
    CHECK(has(world.io.out_text, "--tag 'v1 $(id)'"));
    CHECK(world.run({"release", "show", "2"}) == ExitCode::ok);
    CHECK_FALSE(has(world.io.out_text, "\x1b"));
}

TEST_CASE("show names people's words in signs on a terminal, and by their ids in a pipe") {
    ApprovalWorld world;
    world.ledger.approvals[2] = {
        {22222, "boris", k_commit, store::Verdict::approved, world.ledger.time},
        {11111, "Аня", k_commit, store::Verdict::rejected, world.ledger.time}};
    CHECK(world.run({"release", "show", "2"}) == ExitCode::ok);
    CHECK(has(world.io.out_text, "boris: approved, Аня: rejected"));
    world.io.out_tty = true;
    CHECK(world.run({"release", "show", "2"}) == ExitCode::ok);
    CHECK(has(world.io.out_text, "✅ boris, ❌ Аня"));
}
