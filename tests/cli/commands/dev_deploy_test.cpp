#include "lib/base/file.hpp"
#include "lib/base/random.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"
#include "tests/support/text.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>

using namespace loomrel;
using cli::ExitCode;
using nlohmann::json;
using test::CommandWorld;
using test::has;

namespace {

// Developers with hosts that nobody can reach: port 1 of this machine.
struct DevWorld : CommandWorld {
    std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("loomrel-dev-" + random_hex(8));

    DevWorld() {
        std::filesystem::create_directories(folder);
        outside.load_config = config::Config::load;
        outside.working_directory = folder;
        outside.environment = outside_environment();
    }

    ~DevWorld() { std::filesystem::remove_all(folder); }

    DevWorld(const DevWorld&) = delete;
    DevWorld& operator=(const DevWorld&) = delete;

    [[nodiscard]] std::map<std::string, std::string> outside_environment() const {
        return {{"LOOMREL_LANG", "en"},
                {"HOME", folder.string()},
                {"LOOMREL_STORE", "sqlite:///nowhere.db"},
                {"LOOMREL_ENV_SERVERS",
                 "dev_One_HOST=127.0.0.1\r\nexport dev_One_PORT = '1'\r\n"
                 "dev_One_PASSWORD=\"x y\" # $(id)\r\ndev_One_DOMAIN=one.example\r\n"
                 "7of9_HOST=127.0.0.1\nAPI_PREFIX=/api\nSTAGE_HOST=127.0.0.1\n"}};
    }

    void pushed(const std::string& author, const std::string& branch) {
        const std::filesystem::path event = folder / "event.json";
        write_file_atomically(
            event, json{{"head_commit", {{"author", {{"username", author}}}}}}.dump(), 0600);
        outside.environment.merge(std::map<std::string, std::string>{
            {"CI", "true"},
            {"GITHUB_ACTIONS", "true"},
            {"GITHUB_ACTOR", "somebody-else"},
            {"GITHUB_REPOSITORY", "example/api"},
            {"GITHUB_REF", "refs/heads/" + branch},
            {"GITHUB_REF_NAME", branch},
            {"GITHUB_REF_TYPE", "branch"},
            {"GITHUB_SHA", "0123456789abcdef0123456789abcdef01234567"},
            {"GITHUB_RUN_ID", "987654"},
            {"GITHUB_RUN_ATTEMPT", "1"},
            {"GITHUB_EVENT_PATH", event.string()}});
    }

    json dry_run(std::vector<std::string> more = {}) {
        std::vector<std::string> words{"--lang", "en", "--json", "dev-deploy", "--dry-run"};
        words.insert(words.end(), more.begin(), more.end());
        REQUIRE(run(words) == ExitCode::ok);
        return json::parse(io.out_text);
    }

    std::string code() { return json::parse(io.out_text)["error"]["code"]; }
};

std::vector<std::string> by(const std::string& author, const std::string& branch = "feature/x") {
    return {"--lang",
            "en",
            "--json",
            "dev-deploy",
            "--service",
            "api",
            "--branch",
            branch,
            "--author",
            author};
}

// The line of the script that names the run.
std::string run_id(const json& plan) {
    const std::string script = plan["script"];
    const std::size_t at = script.find("ID=");
    return script.substr(at, script.find('\n', at) - at);
}

} // namespace

TEST_CASE("A push goes to the host of the commit's author, not of who pushed") {
    DevWorld world;
    world.pushed("Dev-One", "feature/x");
    const json plan = world.dry_run();
    CHECK(plan["environment"] == "dev");
    CHECK(plan["service"] == "api");
    CHECK(plan["tag"] == "");
    CHECK(plan["branch"] == "feature/x");
    CHECK(plan["moves"].empty());
    CHECK(plan["hosts"] == json::array({"root@127.0.0.1:1"}));
    CHECK(has(plan["log"], "/dev/api/feature-x.log"));
    CHECK(has(plan["script"], "REF=refs/remotes/origin/feature/x"));
    // The commit of the event is not asked for: the branch may have moved on.
    CHECK(has(plan["script"], "COMMIT=\n") != has(plan["script"], "COMMIT=''\n"));
    // A developer's host has a domain of its own.
    CHECK(has(plan["script"], "https://one.example/api/health"));
    CHECK(has(world.io.err_text, "dev_One: api feature/x → root@127.0.0.1:1"));
}

TEST_CASE("A login is found however it is spelt") {
    DevWorld world;
    for (const char* author : {"dev-one", "DEV_ONE", "Dev-One", "dev_One"}) {
        CHECK(world.dry_run({"--service", "api", "--branch", "x", "--author", author})["hosts"]
              == json::array({"root@127.0.0.1:1"}));
    }
    CHECK(world.dry_run({"--service", "api", "--branch", "x", "--author", "7of9"})["hosts"]
          == json::array({"root@127.0.0.1:22"}));
}

TEST_CASE("A bot without a host is no failure") {
    DevWorld world;
    world.pushed("dependabot[bot]", "dependabot/npm/x");
    CHECK(world.run({"--lang", "en", "dev-deploy"}) == ExitCode::ok);
    CHECK(has(world.io.out_text, "dependabot[bot] is a bot without a dev host"));
    CHECK(world.run({"--lang", "en", "--json", "dev-deploy"}) == ExitCode::ok);
    const json result = json::parse(world.io.out_text);
    CHECK(result["ok"] == true);
    CHECK(has(result["skipped"], "dependabot[bot]"));
    for (const char* text : {"tag", "status", "commit", "run_id", "log"}) {
        CHECK(result.at(text) == "");
    }
    CHECK(result.at("release_id").is_null());
    CHECK(result.at("failure").is_null());
    CHECK(result.at("hosts") == json::array());
    CHECK(result.at("duration_ms") == 0);
    CHECK(world.ledger.opened == 0);
    // Nor is it one that the steps behind it cannot be told.
    world.outside.environment["GITHUB_OUTPUT"] = (world.folder / "gone" / "output").string();
    CHECK(world.run({"dev-deploy"}) == ExitCode::ok);
    const auto output = world.folder / "output";
    world.outside.environment["GITHUB_OUTPUT"] = output.string();
    CHECK(world.run({"dev-deploy", "--dry-run"}) == ExitCode::ok);
    CHECK_FALSE(std::filesystem::exists(output));
    CHECK(world.run({"dev-deploy"}) == ExitCode::ok);
    CHECK(has(read_file(output).value_or(""), "skipped"));
}

TEST_CASE("Who has no host is told which keys to add") {
    DevWorld world;
    CHECK(world.run(by("new-hand")) == ExitCode::usage);
    CHECK(world.code() == "no_developer_host");
    const std::string hint = json::parse(world.io.out_text)["error"]["hint"];
    CHECK(has(hint, "new_hand_HOST"));
    CHECK(has(hint, "new_hand_PASSWORD"));
    CHECK(has(hint, "dev_One"));
    for (const char* kept : {"stage", "PROD", "loom_x", "Loom-Release"}) {
        CHECK(world.run(by(kept)) == ExitCode::usage);
        CHECK(world.code() == "no_developer_host");
        CHECK(has(json::parse(world.io.out_text)["error"]["hint"], "--author"));
    }
    CHECK(world.ledger.opened == 0);
}

TEST_CASE("What is no branch or no login is refused before anything is asked") {
    DevWorld world;
    for (const char* branch : {"feature/$(id)", "a;b", "`id`", "-x", "a b", "../x", "HEAD"}) {
        CHECK(world.run(by("dev-one", branch)) == ExitCode::usage);
        CHECK(world.code() == "bad_branch");
    }
    for (const char* author : {"$(id)", "a b", "x::error::", "##[error]", "[bot]", "a\nb"}) {
        CHECK(world.run(by(author)) == ExitCode::usage);
        CHECK(world.code() == "bad_author");
    }
    CHECK(world.run(by("")) == ExitCode::usage);
    CHECK(world.code() == "author_missing");
    CHECK(world.ledger.opened == 0);
}

TEST_CASE("A run for a tag has no branch") {
    DevWorld world;
    world.in_actions();
    world.outside.environment.merge(world.outside_environment());
    CHECK(world.run({"--lang", "en", "--json", "dev-deploy"}) == ExitCode::usage);
    CHECK(world.code() == "branch_missing");
}

TEST_CASE("The same attempt of a GitHub run is the same run, a person's are new each time") {
    DevWorld world;
    const std::vector<std::string> typed{"--service", "api", "--branch", "x", "--author", "7of9"};
    CHECK(run_id(world.dry_run(typed)) != run_id(world.dry_run(typed)));
    world.pushed("Dev-One", "feature/x");
    const std::string first = run_id(world.dry_run());
    CHECK(first == run_id(world.dry_run()));
    CHECK(first != run_id(world.dry_run({"--service", "other"})));
    CHECK(first != run_id(world.dry_run({"--author", "7of9"})));
    world.outside.environment["GITHUB_RUN_ATTEMPT"] = "2";
    CHECK(first != run_id(world.dry_run()));
}

TEST_CASE("A ledger that is not there is said and holds nothing up") {
    DevWorld world;
    world.ledger.broken = Error(
        ErrorKind::ledger, "ledger_away", Phrase{"журнал релизов молчит", "the ledger is silent"});
    CHECK(world.run(by("dev-one")) == ExitCode::no_host); // the host is not there either
    CHECK(world.ledger.options.deadline == Milliseconds{3000});
    CHECK(has(world.io.err_text, "the ledger is silent"));
    CHECK(has(world.io.err_text, "going on without it"));
}

TEST_CASE("A ledger that is there gets a row before the host is asked") {
    DevWorld world;
    CHECK(world.run(by("dev-one")) == ExitCode::no_host);
    REQUIRE(world.ledger.runs.size() == 1);
    const store::Run& run = world.ledger.runs.front();
    CHECK(run.environment == "dev");
    CHECK(run.ref == "refs/heads/feature/x");
    CHECK(run.hosts == std::vector<std::string>{"root@127.0.0.1:1"});
    CHECK_FALSE(run.release_id.has_value());
    CHECK(world.ledger.created.empty());
    // Run rows without a release are ended without one.
    REQUIRE(world.ledger.ends.size() == 1);
    CHECK(world.ledger.ends.front().run_id == run.id);
    // And its end is a fact that people are to be told.
    REQUIRE(world.ledger.notices.size() == 1);
    const store::NewNotice& notice = world.ledger.notices.front();
    CHECK(notice.kind == "dev");
    CHECK(notice.key == "dev:" + run.id);
    CHECK_FALSE(notice.release_id.has_value());
    const json fact = json::parse(notice.fact);
    CHECK(fact["author"] == "dev_One");
    CHECK(fact["branch"] == "feature/x");
    CHECK(fact["ok"] == false);
    CHECK_FALSE(fact["failure"].get<std::string>().empty());
}
