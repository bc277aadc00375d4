#include "cli/doctor_words.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"
#include "tests/support/sshd.hpp"
#include "tests/support/text.hpp"

#include <nlohmann/json.hpp>

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
    world.config.telegram.token = Secret("123456:token");
    world.config.telegram.api_url = "http://127.0.0.1:1";
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
