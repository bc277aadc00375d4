#include "cli/commands/doctor/words.hpp"
#include "tests/lib/config/inputs.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"
#include "tests/support/sshd.hpp"
#include "tests/support/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <regex>
#include <sstream>

using namespace loomrel;
using cli::check_in_words;
using cli::ExitCode;
using nlohmann::json;
using test::CommandWorld;
using test::has;

TEST_CASE("Telegram away stops no deploy: a warning that tells the network from the token") {
    CommandWorld world;
    world.config.telegram.api_url = "http://127.0.0.1:1";
    world.config.telegram.token =
        BoundSecret(Secret("123456:token"), {place_of_url(world.config.telegram.api_url)});
    (void)world.run({"doctor", "--json", "--env", "dev", "--service", "api"});
    bool found = false;
    const json checks = json::parse(world.io.out_text)["checks"];
    for (const json& check : checks) {
        if (check["check"] == "getMe") {
            found = true;
            CHECK(check["verdict"] == "warning");
            CHECK(has(check["mend"].get<std::string>(), "curl -sS http://127.0.0.1:1"));
        }
    }
    CHECK(found);
}

TEST_CASE("a key of the API that can be found by trying is a fault, and never shown") {
    for (const auto& [key, verdict] :
         {std::pair{"fifteen-letters", "bad"}, {"sixteen-letters.", "ok"}}) {
        CommandWorld world;
        world.config.store.api_secret = BoundSecret(Secret(key), {"https://host:443"});
        (void)world.run({"doctor", "--json", "--env", "dev", "--service", "api"});
        CHECK_FALSE(has(world.io.out_text, key));
        std::string found;
        const json checks = json::parse(world.io.out_text)["checks"];
        for (const json& check : checks) {
            if (check["check"] == "LOOM_INTERSERVER_SECRET_KEY") {
                found = check["verdict"];
                CHECK(has(check["mend"].get<std::string>(), "key create") == (found == "bad"));
            }
        }
        CHECK(found == verdict);
    }
}

TEST_CASE("what the host's script looks at has words in both languages") {
    std::ifstream file(std::string(LOOMREL_SOURCE_DIR) + "/lib/deploy/host/doctor.sh");
    std::stringstream script;
    script << file.rdbuf();
    const std::string text = script.str();
    const std::regex check("\\bcheck ([a-z_]+) [a-z]");
    int count = 0;
    for (std::sregex_iterator each(text.begin(), text.end(), check), end; each != end; ++each) {
        const std::string id = "api " + (*each)[1].str();
        CAPTURE(id);
        CHECK(has(check_in_words(Language::ru, id), "api "));
        CHECK(check_in_words(Language::ru, id) != check_in_words(Language::en, id));
        ++count;
    }
    CHECK(count > 10);
}

TEST_CASE("names are no checks") {
    CHECK(check_in_words(Language::en, "api disk") == "api room on the disk");
    CHECK(check_in_words(Language::ru, "ledger") == "журнал релизов");
    CHECK(check_in_words(Language::ru, "notice 5 (dev)") == "уведомление 5 (dev)");
    CHECK(check_in_words(Language::en, "dispatch 5") == "deploy to production, release 5");
    CHECK(check_in_words(Language::ru, "⏪ disk") == "⏪ disk");
    CHECK(check_in_words(Language::ru, ".env.servers") == ".env.servers");
}

TEST_CASE("config check names the keys that a service's engine lacks, where it has a host") {
    CommandWorld world;
    test::ConfigWorld files;
    files.toml("[services.api]\nengine = \"command\"\nup = \"run\"\nhealth = \"none\"\n");
    world.config = files.load();
    CHECK(world.run({"config", "check", "--lang", "en"}) == ExitCode::ok);
    world.config = files.env_servers("STAGE_HOST=h\nPROD_HOST=h\n").load();
    CHECK(world.run({"config", "check", "--lang", "en", "--json"}) == ExitCode::usage);
    const json problems = json::parse(world.io.out_text)["problems"];
    REQUIRE(problems.size() == 1);
    CHECK(has(problems[0], "service 'api' has no key current"));
}

TEST_CASE("an environment that is written wrong is neither passed over nor hides the other") {
    CommandWorld world;
    test::ConfigWorld files;
    world.config = files
                       .env_servers("STAGE_HOST=127.0.0.1\nSTAGE_PORT=abc\n"
                                    "PROD_HOST=127.0.0.1\nPROD_PORT=1\n")
                       .load();
    CHECK(world.run({"status", "--service", "api", "--lang", "en"}) == ExitCode::no_host);
    CHECK(has(world.io.out_text, "root@127.0.0.1:1"));
    CHECK(has(world.io.err_text, ".env.servers:2: STAGE_PORT: 'abc' is no port"));
    CHECK(world.run({"doctor", "--service", "api", "--lang", "en", "--json"})
          == ExitCode::run_failed);
    const json checks = json::parse(world.io.out_text)["checks"];
    CHECK(std::any_of(checks.begin(), checks.end(), [](const json& check) {
        return check["verdict"] == "bad" && has(check["detail"], "STAGE_PORT");
    }));
}

TEST_CASE("who else can read the file of passwords is said before anything is done in CI") {
    CommandWorld world;
    world.config.notices = {Phrase{"файл", "others can read it"}};
    CHECK(world.run({"release", "list", "--lang", "en"}) == ExitCode::ok);
    CHECK(has(world.io.err_text, "⚠️ others can read it"));
}

TEST_CASE("in CI the embedded default is a fault that doctor and config check find") {
    CommandWorld world;
    world.config.store.embedded = true;
    CHECK(world.run({"config", "check"}) == ExitCode::ok);
    world.config.in_ci = true;
    CHECK(world.run({"config", "check"}) == ExitCode::usage);
    CHECK(has(world.io.out_text, "where releases are kept"));
    (void)world.run({"doctor", "--json", "--env", "dev", "--service", "api"});
    const json checks = json::parse(world.io.out_text)["checks"];
    const auto ledger = std::find_if(
        checks.begin(), checks.end(), [](const json& check) { return check["where"] == "ledger"; });
    REQUIRE(ledger != checks.end());
    CHECK((*ledger)["verdict"] == "bad");
}
