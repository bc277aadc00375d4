#include "cli/commands/release/release.hpp"
#include "lib/base/file.hpp"
#include "lib/base/random.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/text.hpp"

#include <filesystem>

using namespace loomrel;
using cli::ExitCode;
using nlohmann::json;
using test::CommandWorld;
using test::has;

namespace {

const std::string k_commit = "0123456789abcdef0123456789abcdef01234567";

void fill(CommandWorld& world) {
    const auto add =
        [&](std::int64_t id, const char* service, const char* tag, const char* status) {
            release::Release row;
            row.id = id;
            row.service_name = service;
            row.release_tag = tag;
            row.status = status;
            row.initiated_by = "gommgo";
            row.github_run_id = "98765" + std::to_string(id);
            row.github_action_link = "https://github.com/LoomAI-IT/x/actions/runs/1";
            row.github_ref = std::string("refs/tags/") + tag;
            row.created_at = world.ledger.time + std::chrono::hours(id);
            world.ledger.rows[id] = row;
            return &world.ledger.rows[id];
        };
    add(1, "loom-content", "v1.2.3", "deployed")->completed_at =
        world.ledger.time + std::chrono::hours(5);
    auto* testing = add(2, "loom-content", "v1.3.0-rc.1", "manual_testing");
    testing->commit_sha = k_commit;
    testing->started_at = world.ledger.time + std::chrono::hours(3);
    add(3, "api", "v0.9.0", "staging_failed");
    auto* strange = add(4, "api", "v0.9.1", "paused\x1b[31m");
    strange->initiated_by = "eve\u202E\n";
}

std::string code_of(const CommandWorld& world) {
    return json::parse(world.io.out_text)["error"]["code"];
}

} // namespace

TEST_CASE("whoever creates a release may be told in 200 bytes, as over the API") {
    CommandWorld world;
    const std::string by(200, 'x');
    CHECK(world.run({"release", "create", "--service", "api", "--tag", "v1.0.0", "--by", by})
          == ExitCode::ok);
    CHECK(world.ledger.created.at(0).first.by == by);
}

TEST_CASE("create prints the number alone, so that a script can take it") {
    CommandWorld world;
    CHECK(world.run({"release", "create", "--service", "api", "--tag", "v1.0.0"}) == ExitCode::ok);
    CHECK(world.io.out_text == "1\n");
    CHECK(has(world.io.err_text, "Release 1 created: api v1.0.0"));
    CHECK(world.run({"release", "create", "--service", "api", "--tag", "v1.0.1", "-q"})
          == ExitCode::ok);
    CHECK(world.io.out_text == "2\n");
    CHECK(world.io.err_text.empty());
    const auto& release = world.ledger.created.at(0).first;
    CHECK(release.run_id.starts_with("local-"));
    CHECK(release.run_id.size() == 42);
    CHECK(release.ref == "refs/tags/v1.0.0");
    CHECK(release.link.empty());
    CHECK(release.commit.empty());
    CHECK(release.source == "cli");
}

TEST_CASE("create takes what GitHub Actions says") {
    CommandWorld world;
    world.in_actions();
    CHECK(world.run({"release", "create", "--json"}) == ExitCode::ok);
    CHECK(world.io.out_text == "{\"release_id\":1,\"status\":\"initiated\"}\n");
    const auto& release = world.ledger.created.at(0).first;
    CHECK(release.service == "loom-content");
    CHECK(release.tag == "v1.2.3");
    CHECK(release.by == "pusher");
    CHECK(release.run_id == "987654");
    CHECK(release.link == "https://github.com/LoomAI-IT/loom-content/actions/runs/987654");
    CHECK(release.ref == "refs/tags/v1.2.3");
    CHECK(release.commit == k_commit);
    CHECK(world.run({"release", "create", "--json"}) == ExitCode::ok);
    CHECK(world.io.out_text == "{\"release_id\":1,\"status\":\"initiated\"}\n");
    CHECK(has(world.io.err_text, "is there already"));
    CHECK(world.ledger.created.size() == 1);
}

TEST_CASE("the run's commit and ref are not those of another tag") {
    CommandWorld world;
    world.in_actions();
    CHECK(world.run({"release", "create", "--tag", "v1.2.2"}) == ExitCode::ok);
    CHECK(world.ledger.created.at(0).first.commit.empty());
    CHECK(world.ledger.created.at(0).first.ref == "refs/tags/v1.2.2");
}

TEST_CASE("create's flags win over GitHub Actions") {
    CommandWorld world;
    world.in_actions();
    CHECK(world.run({"release",
                     "create",
                     "--service",
                     "api",
                     "--tag",
                     "v2.0.0",
                     "--by",
                     "ann",
                     "--run-id",
                     "7",
                     "--link",
                     "https://example.org/7",
                     "--ref",
                     "refs/tags/v2.0.0",
                     "--commit",
                     std::string(40, 'a')})
          == ExitCode::ok);
    const auto& release = world.ledger.created.at(0).first;
    CHECK(release.service == "api");
    CHECK(release.tag == "v2.0.0");
    CHECK(release.by == "ann");
    CHECK(release.run_id == "7");
    CHECK(release.link == "https://example.org/7");
    CHECK(release.commit == std::string(40, 'a'));
}

TEST_CASE("create sets the outputs of its step") {
    const auto file = std::filesystem::temp_directory_path() / ("loomrel-outputs-" + random_hex(8));
    CommandWorld world;
    world.in_actions();
    world.outside.environment["GITHUB_OUTPUT"] = file;
    CHECK(world.run({"release", "create"}) == ExitCode::ok);
    const std::string outputs = read_file(file).value_or("");
    std::filesystem::remove(file);
    CHECK(has(outputs, "release_id"));
    CHECK(has(outputs, "\n1\n"));
    CHECK(has(outputs, "\ninitiated\n"));
    world.outside.environment["GITHUB_OUTPUT"] = "/nowhere/at/all";
    CHECK(world.run({"release", "create"}) == ExitCode::ok);
    CHECK(has(world.io.err_text, "GITHUB_OUTPUT"));
}

TEST_CASE("create refuses what must not reach git, a link or a message") {
    const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
        {{"--tag", "v1.0.0;rm"}, "bad_tag"},
        {{"--tag", "main"}, "bad_tag"},
        {{"--tag", ""}, "bad_tag"},
        {{"--service", "../x"}, "bad_service"},
        {{"--commit", "abc"}, "bad_commit"},
        {{"--ref", "refs/tags/a b"}, "bad_ref"},
        {{"--run-id", "7\n8"}, "bad_run_id"},
        {{"--run-id", ""}, "bad_run_id"},
        {{"--link", "javascript:x"}, "bad_link"},
        {{"--link", "https://x/\x1b[1m"}, "bad_link"},
        {{"--link", "https://x/\"><b>"}, "bad_link"},
        {{"--by", ""}, "bad_by"},
        {{"--by", "a\nb"}, "bad_by"},
        {{"--by", std::string(201, 'x')}, "bad_by"}};
    for (const auto& [flags, code] : cases) {
        CAPTURE(flags);
        CommandWorld world;
        world.in_actions();
        std::vector<std::string> words{"release", "create", "--json"};
        words.insert(words.end(), flags.begin(), flags.end());
        CHECK(world.run(words) == ExitCode::usage);
        CHECK(code_of(world) == code);
        CHECK(world.ledger.opened == 0);
    }
    CommandWorld world;
    CHECK(world.run({"release", "create", "--json", "--service", "api"}) == ExitCode::usage);
    CHECK(code_of(world) == "tag_missing");
    CHECK(world.run({"release", "create", "--json", "--tag", "v1.0.0"}) == ExitCode::usage);
    CHECK(code_of(world) == "service_missing");
}

TEST_CASE("create --dry-run shows what would be recorded and records nothing") {
    CommandWorld world;
    world.in_actions();
    CHECK(world.run({"release", "create", "--dry-run"}) == ExitCode::ok);
    for (const char* part : {"loom-content v1.2.3", "pusher", "987654", "refs/tags/v1.2.3"}) {
        CHECK(has(world.io.out_text, part));
    }
    CHECK(world.run({"release", "create", "--dry-run", "--json"}) == ExitCode::ok);
    const auto plan = json::parse(world.io.out_text);
    CHECK(plan["dry_run"] == true);
    CHECK(plan["created"] == true);
    CHECK(plan["release"]["commit_sha"] == k_commit);
    CHECK(world.ledger.created.empty());
}

TEST_CASE("create --dry-run finds the release that it would give back") {
    CommandWorld world;
    world.in_actions();
    CHECK(world.run({"release", "create"}) == ExitCode::ok);
    CHECK(world.run({"release", "create", "--dry-run"}) == ExitCode::ok);
    CHECK(has(world.io.out_text, "Release 1 is there already"));
    CHECK(world.run({"release", "create", "--dry-run", "--json"}) == ExitCode::ok);
    CHECK(
        json::parse(world.io.out_text)
        == json::parse(R"({"dry_run":true,"created":false,"release_id":1,"status":"initiated"})"));
    CHECK(world.run({"release", "create", "--dry-run", "--json", "--run-id", "other"})
          == ExitCode::ok);
    CHECK(json::parse(world.io.out_text)["created"] == true);
    CHECK(world.ledger.created.size() == 1);

    // A run id that is made up here is nowhere yet.
    CommandWorld outside;
    CHECK(outside.run({"release", "create", "--dry-run", "--service", "api", "--tag", "v1.0.0"})
          == ExitCode::ok);
    CHECK(outside.ledger.opened == 0);
}

TEST_CASE("a row that does not say when it was made has no time, not the first one of all") {
    CommandWorld world;
    fill(world);
    world.ledger.rows[1].created_at.reset();
    for (const std::string command : {"show", "list"}) {
        for (const bool tty : {false, true}) {
            world.io.out_tty = tty;
            CHECK(world.run(command == "show" ? std::vector<std::string>{"release", "show", "1"}
                                              : std::vector<std::string>{"release", "list"})
                  == ExitCode::ok);
            CHECK_FALSE(has(world.io.out_text, "1970"));
            CHECK(has(world.io.out_text, "-\n"));
        }
    }
    CHECK(world.run({"release", "show", "1", "--json"}) == ExitCode::ok);
    CHECK(json::parse(world.io.out_text)["created_at"].is_null());
}

TEST_CASE("patch makes the moves of the table") {
    CommandWorld world;
    fill(world);
    world.ledger.rows[1].status = "initiated";
    CHECK(world.run({"release", "patch", "1", "--status", "building", "--json"}) == ExitCode::ok);
    CHECK(json::parse(world.io.out_text)
          == json::parse(R"({"release_id":1,"status":"building","changed":true,"dry_run":false})"));
    CHECK(world.run({"release", "patch", "1", "--status", "building", "--json"}) == ExitCode::ok);
    CHECK(json::parse(world.io.out_text)["changed"] == false);
    CHECK(world.run({"release", "patch", "1", "--status", "building", "--run-id", "78", "--json"})
          == ExitCode::ok);
    CHECK(json::parse(world.io.out_text)["changed"] == true);
    const auto& change = world.ledger.changes.at(0);
    CHECK(change.source == "cli");
    CHECK(change.id.size() == 36);
    CHECK(change.steps.size() == 1);
    CHECK(world.ledger.changes.at(1).id != change.id);
}

TEST_CASE("patch never makes a person's decision") {
    for (const std::string status : {"manual_test_passed", "manual_test_failed"}) {
        for (const bool dry_run : {false, true}) {
            CommandWorld world;
            fill(world);
            std::vector<std::string> words{"release", "patch", "2", "--status", status, "--json"};
            if (dry_run) {
                words.emplace_back("--dry-run");
            }
            CHECK(world.run(words) == ExitCode::refused);
            CHECK(code_of(world) == "approval_required");
            CHECK(has(world.io.out_text,
                      status == "manual_test_passed" ? "loomrel release approve 2 --as"
                                                     : "loomrel release reject 2 --as"));
            CHECK(world.ledger.changes.empty());
        }
    }
}

TEST_CASE("a move that the table does not have is refused with the present status") {
    CommandWorld world;
    fill(world);
    for (const bool dry_run : {false, true}) {
        std::vector<std::string> words{"release", "patch", "3", "--status", "deployed", "--json"};
        if (dry_run) {
            words.emplace_back("--dry-run");
        }
        CHECK(world.run(words) == ExitCode::refused);
        CHECK(code_of(world) == "move_not_allowed");
        CHECK(has(world.io.out_text, "staging_failed"));
        CHECK(has(world.io.out_text, "building"));
        CHECK(world.ledger.rows[3].status == "staging_failed");
    }
    CHECK(world.run({"release", "patch", "3", "--status", "initiated"}) == ExitCode::refused);
    CHECK(has(world.io.err_text, "is staging_failed now and cannot become initiated"));
    CHECK(world.run({"release", "patch", "4", "--status", "building"}) == ExitCode::refused);
    CHECK(world.io.err_text.find('\x1b') == std::string::npos);
}

TEST_CASE("a refused patch names moves that patch can make, no decisions") {
    CommandWorld world;
    fill(world);
    CHECK(world.run({"release", "patch", "2", "--status", "deployed"}) == ExitCode::refused);
    CHECK(has(world.io.err_text, "a person decides next: loomrel release approve 2 --as"));
    CHECK_FALSE(has(world.io.err_text, "may become"));
    world.ledger.rows[2].status = "manual_test_passed";
    CHECK(world.run({"release", "patch", "2", "--status", "deployed"}) == ExitCode::refused);
    CHECK(has(world.io.err_text, "may become: deploying, manual_testing"));
    CHECK_FALSE(has(world.io.err_text, "manual_test_failed"));
}

TEST_CASE("patch claims production only while the approval holds") {
    CommandWorld world;
    fill(world);
    world.config.telegram.approval_expires = Milliseconds{7000};
    store::Claimed refused;
    refused.what = store::Claimed::What::refused;
    refused.status = "manual_testing";
    refused.conflict = "expired";
    world.ledger.claimed = refused;
    const std::vector<std::string> words{
        "release", "patch", "2", "--status", "deploying", "--run-id", "77", "--json"};
    CHECK(world.run(words) == ExitCode::refused);
    CHECK(world.ledger.claims.at(0).rules.expires == Milliseconds{7000});
    CHECK(code_of(world) == "approval_expired");
    CHECK(has(world.io.out_text, "loomrel release approve 2 --as"));
    CHECK(world.ledger.changes.empty());

    world.ledger.rows[2].status = "manual_test_passed";
    CHECK(world.run(words) == ExitCode::ok);
    CHECK(json::parse(world.io.out_text)["status"] == "deploying");
    // The other columns come behind it.
    CHECK(world.ledger.claims.size() == 2);
    CHECK(world.ledger.changes.at(0).run_id == "77");
    CHECK(world.ledger.changes.at(0).steps.empty());
    refused.conflict = "approvals";
    world.ledger.claimed = refused;
    CHECK(world.run(words) == ExitCode::refused);
    CHECK(code_of(world) == "approvals_missing");
    refused.conflict = "outrun";
    refused.outrun_by = "v1.4.0";
    world.ledger.claimed = refused;
    CHECK(world.run(words) == ExitCode::refused);
    CHECK(code_of(world) == "superseded");
    CHECK(
        has(world.io.out_text,
            "loomrel prod-deploy --service loom-content --tag v1.3.0-rc.1 --release-id 2 --older"));
}

TEST_CASE("only a deploy puts a tested release on stage anew, which patch says beforehand") {
    CommandWorld world;
    fill(world);
    CHECK(world.run({"release", "patch", "2", "--status", "building", "--dry-run", "--json"})
          == ExitCode::refused);
    CHECK(code_of(world) == "move_not_allowed");
    CHECK_FALSE(has(json::parse(world.io.out_text)["error"]["hint"], "building"));
}

TEST_CASE("patch writes the other columns without a move") {
    CommandWorld world;
    fill(world);
    CHECK(world.run({"release",
                     "patch",
                     "1",
                     "--run-id",
                     "77",
                     "--link",
                     "https://example.org/77",
                     "--rollback-to",
                     "v1.2.2"})
          == ExitCode::ok);
    const auto& change = world.ledger.changes.at(0);
    CHECK(change.steps.empty());
    CHECK(change.run_id == "77");
    CHECK(change.link == "https://example.org/77");
    CHECK(change.rollback_to_tag == "v1.2.2");
    CHECK(world.run({"release", "patch", "1", "--rollback-to", k_commit}) == ExitCode::ok);
    // A host may call what it serves by a tag that is no release's.
    CHECK(world.run({"release", "patch", "1", "--rollback-to", "2024_03"}) == ExitCode::ok);
    CHECK(world.run({"release", "patch", "1", "--rollback-to", "a b"}) == ExitCode::usage);
    CHECK(world.run({"release", "patch", "1", "--json"}) == ExitCode::usage);
    CHECK(code_of(world) == "nothing_to_do");
}

TEST_CASE("a value that the ledger holds against another one is told as that") {
    CommandWorld world;
    fill(world);
    world.ledger.refuses =
        store::Changed{store::Changed::What::refused, "deployed", "commit", {}, {}};
    CHECK(world.run({"release", "patch", "1", "--run-id", "7", "--json"}) == ExitCode::refused);
    CHECK(code_of(world) == "conflict");
}

TEST_CASE("an unknown release is a usage error for whoever names it") {
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"release", "show", "99"},
          {"release", "events", "99"},
          {"release", "patch", "99", "--status", "building"},
          {"release", "patch", "99", "--status", "building", "--dry-run"}}) {
        CommandWorld world;
        fill(world);
        auto typed = words;
        typed.emplace_back("--json");
        CHECK(world.run(typed) == ExitCode::usage);
        CHECK(code_of(world) == "unknown_release");
    }
}

TEST_CASE("list asks for what its flags say") {
    CommandWorld world;
    fill(world);
    const auto ids = [&](std::vector<std::string> flags) {
        flags.insert(flags.begin(), {"release", "list", "--json"});
        CHECK(world.run(flags) == ExitCode::ok);
        std::vector<int> found;
        const json list = json::parse(world.io.out_text);
        for (const auto& row : list.at("releases")) {
            found.push_back(row["id"]);
        }
        return found;
    };
    CHECK(ids({}) == std::vector<int>{4, 3, 2, 1});
    CHECK(ids({"--active"}) == std::vector<int>{2});
    CHECK(ids({"--successful"}) == std::vector<int>{1});
    CHECK(ids({"--failed"}) == std::vector<int>{3});
    CHECK(ids({"--service", "api"}) == std::vector<int>{4, 3});
    CHECK(ids({"--limit", "2"}) == std::vector<int>{4, 3});
    CHECK(world.ledger.queries.at(0).limit == 20);
    CHECK(world.run({"release", "list", "--active", "--failed", "--json"}) == ExitCode::usage);
    CHECK(code_of(world) == "two_lists");
    CHECK(world.run({"release", "list", "--limit", "1001", "--json"}) == ExitCode::usage);
    CHECK(world.run({"release", "list", "--service", "a/b", "--json"}) == ExitCode::usage);
}

TEST_CASE("lists look as they should on a terminal and in a pipe") {
    CommandWorld world;
    fill(world);
    world.ledger.history[2] = {{world.ledger.time, "", "initiated", "gommgo", "cli", "{}"},
                               {world.ledger.time + std::chrono::minutes(1),
                                "initiated",
                                "building",
                                "loomrel",
                                "journal",
                                R"({"run":"a\u001b[31m"})"},
                               {world.ledger.time + std::chrono::minutes(2),
                                "building",
                                "odd\x1b]0;x\x07",
                                "eve\u202E",
                                "bot",
                                "no json\n"},
                               {world.ledger.time + std::chrono::minutes(3),
                                "deploying",
                                "deployed",
                                "interserver",
                                "api",
                                R"({"unverified":true,"said_by":"Оля","said_source":"cli"})"},
                               {world.ledger.time + std::chrono::minutes(4),
                                "deployed",
                                "rollback",
                                "ci-prod",
                                "api",
                                R"({"said_by":"Оля","said_source":"journal"})"}};
    world.ledger.rows[2].unverified = true;
    for (const bool terminal : {true, false}) {
        for (const std::string language : {"ru", "en"}) {
            world.io.out_tty = terminal;
            const std::string name = (terminal ? "terminal_" : "pipe_") + language;
            CHECK(world.run({"release", "list", "--lang", language}) == ExitCode::ok);
            test::check_golden("release_list_" + name, world.io.out_text);
            CHECK(world.run({"release", "show", "2", "--lang", language}) == ExitCode::ok);
            test::check_golden("release_show_" + name, world.io.out_text);
            CHECK(world.run({"release", "events", "2", "--lang", language}) == ExitCode::ok);
            test::check_golden("release_events_" + name, world.io.out_text);
            CHECK(world.io.out_text.find('\x1b') == std::string::npos);
        }
    }
}

TEST_CASE("a list of nothing says so aside and prints nothing") {
    CommandWorld world;
    CHECK(world.run({"release", "list"}) == ExitCode::ok);
    CHECK(world.io.out_text.empty());
    CHECK(world.io.err_text == "No releases\n");
}

TEST_CASE("show --json is the row with the spec's columns and what may happen next") {
    CommandWorld world;
    fill(world);
    CHECK(world.run({"release", "show", "2", "--json", "--lang", "ru"}) == ExitCode::ok);
    CHECK(json::parse(world.io.out_text) == json::parse(R"({
        "id": 2, "service_name": "loom-content", "release_tag": "v1.3.0-rc.1", "rollback_to_tag": "",
        "status": "manual_testing", "initiated_by": "gommgo", "github_run_id": "987652",
        "github_action_link": "https://github.com/LoomAI-IT/x/actions/runs/1",
        "github_ref": "refs/tags/v1.3.0-rc.1", "created_at": "2024-03-15T16:30:00.000Z",
        "started_at": "2024-03-15T17:30:00.000Z", "completed_at": null,
        "commit_sha": "0123456789abcdef0123456789abcdef01234567", "superseded_by": null, "unverified": false,
        "actors": null,
        "settings": [], "approvals": [], "next": ["manual_test_passed", "manual_test_failed", "building"], "next_actions": "QA проверка"})"));
    CHECK(world.run({"release", "show", "4", "--json"}) == ExitCode::ok);
    const auto row = json::parse(world.io.out_text);
    CHECK(row["next"].empty());
    CHECK(row["commit_sha"].is_null());
}

TEST_CASE("events --json has the details as objects") {
    CommandWorld world;
    fill(world);
    world.ledger.history[2] = {
        {world.ledger.time, "initiated", "building", "gommgo", "journal", R"({"run":"r"})"},
        {world.ledger.time, "", "", "x", "cli", "broken"}};
    CHECK(world.run({"release", "events", "2", "--json"}) == ExitCode::ok);
    CHECK(json::parse(world.io.out_text) == json::parse(R"({"events":[
        {"at":"2024-03-15T14:30:00.000Z","from":"initiated","to":"building","actor":"gommgo","source":"journal",
         "detail":{"run":"r"}},
        {"at":"2024-03-15T14:30:00.000Z","from":"","to":"","actor":"x","source":"cli","detail":"broken"}]})"));
}

TEST_CASE("JSON stays JSON whatever bytes the ledger holds") {
    CommandWorld world;
    fill(world);
    world.ledger.rows[1].initiated_by = "\xFF\xFE\x01";
    CHECK(world.run({"release", "list", "--json"}) == ExitCode::ok);
    CHECK(json::accept(world.io.out_text));
    CHECK(std::count(world.io.out_text.begin(), world.io.out_text.end(), '\n') == 1);
}
