#include "lib/config/values.hpp"
#include "tests/lib/config/inputs.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>

using namespace loomrel;
using namespace loomrel::test;
using Catch::Matchers::Contains;

namespace {

// "value origin" of a key as `config show` prints it.
std::string shown(const ConfigWorld& world, const std::string& key) {
    for (const config::Shown& row : world.load().shown()) {
        if (row.key == key) {
            return row.value + " " + row.origin.place;
        }
    }
    return "";
}

std::string address(const ConfigWorld& world, const std::string& environment, const char* service) {
    return world.load().hosts(environment, service).front().address;
}

bool masks(const ConfigWorld& world, const std::string& secret) {
    const auto all = world.load().secrets();
    return std::any_of(
        all.begin(), all.end(), [&](const Secret& one) { return one.reveal() == secret; });
}

} // namespace

TEST_CASE("a service's own hosts are the ones it goes to, the narrower wins") {
    ConfigWorld world;
    world.env_servers("STAGE_HOST=of-file\nPROD_HOST=of-file\n");
    CHECK(address(world, "stage", "a") == "of-file");
    world.toml("[deploy]\nhosts = [\"of-all\"]\n"
               "[services.a]\nhosts = [\"of-a\"]\n"
               "[services.b]\n"
               "[environments.prod]\nhosts = [\"of-prod\"]\n"
               "[environments.prod.services.a]\nhosts = [\"of-a-prod\"]\n");
    CHECK(address(world, "stage", "b") == "of-all");
    CHECK(address(world, "stage", "a") == "of-a");
    CHECK(address(world, "prod", "b") == "of-prod");
    CHECK(address(world, "prod", "a") == "of-a-prod");
    CHECK(world.load().hosts("prod").size() == 2);
    // The process beats every file.
    world.variable("PROD_HOST", "of-process");
    CHECK(address(world, "prod", "a") == "of-process");
    CHECK(address(world, "stage", "a") == "of-a");
}

TEST_CASE("dev has no hosts of its own: they are refused, not passed over") {
    const std::string table = GENERATE(as<std::string>(), "", ".services.a");
    ConfigWorld world;
    world.toml("[environments.dev" + table + "]\nhosts = [\"h\"]\n");
    CHECK_THAT(world.error(), Contains("loomrel.toml:2: ") && Contains("<login>_HOST"));
}

TEST_CASE("a developer's host of the process is seen, and wins over .env.servers") {
    ConfigWorld world;
    world.variable("joe_HOST", "10.0.0.1").variable("joe_PASSWORD", "hunter2hunter2");
    world.variable("DOCKER_HOST", "unix:///var/run/docker.sock");
    const auto joe = world.load().developer("Joe");
    REQUIRE(joe);
    CHECK(joe->address == "10.0.0.1");
    CHECK(joe->password.unsent().reveal() == "hunter2hunter2");
    CHECK(masks(world, "hunter2hunter2"));
    CHECK(world.load().developers().empty());
    world.env_servers("JOE_HOST=10.9.9.9\nJOE_PORT=2222\n");
    CHECK(world.load().developer("joe")->address == "10.0.0.1");
    CHECK(world.load().developer("joe")->port == 2222);
    CHECK_FALSE(world.load().developer("stage"));
    world.variable("JOE_HOST", "10.0.0.2");
    CHECK_THROWS_AS(world.load().developer("joe"), Error);
}

TEST_CASE("no address with a password in it is shown, however odd the password is") {
    const std::string password =
        GENERATE(as<std::string>(), "se/cret", "se?cret", "se@cret", "se:cret", "s/e?c@r:et");
    const std::string url = "postgresql://u:" + password + "@h:5432/d";
    CAPTURE(url);
    ConfigWorld world;
    world.toml("[store]\nurl = \"" + url + "\"");
    CHECK_THAT(world.error(), Contains("does not stand in the ledger's address"));
    CHECK_THAT(world.error(), !Contains(password));
    world.toml("");
    world.inputs.store_flag = url;
    CHECK_THAT(world.error(), Contains("does not stand in the ledger's address"));
    world.inputs.store_flag.reset();
    world.variable("LOOMREL_STORE", url);
    CHECK(shown(world, "store.url") == "postgresql://u@h:5432/d $LOOMREL_STORE");
    CHECK(world.load().store.password.unsent().reveal() == password);
    CHECK(masks(world, password));
}

TEST_CASE("an '@' of a parameter's value is no end of a password") {
    ConfigWorld world;
    const std::string url = GENERATE(
        as<std::string>(), "postgresql://h:5432/d?user=u@h", "postgresql://u@h:5432/d?options=a@b");
    world.toml("[store]\nurl = \"" + url + "\"");
    CHECK(world.load().store.url == url);
}

TEST_CASE("a password among the parameters may come by the environment, and is taken out") {
    ConfigWorld world;
    world.variable("LOOMREL_STORE",
                   "postgresql://h/d?user=u&password=hunter2%2Fhunter&sslmode=require"
                   "&sslpassword=topsecret");
    const auto config = world.load();
    CHECK(config.store.url == "postgresql://h/d?user=u&sslmode=require&sslpassword=topsecret");
    CHECK(config.store.password.unsent().reveal() == "hunter2/hunter");
    CHECK_THAT(shown(world, "store.url"), !Contains("hunter2") && !Contains("topsecret"));
    for (const char* secret : {"hunter2/hunter", "hunter2%2Fhunter", "topsecret"}) {
        CHECK(masks(world, secret));
    }
}

TEST_CASE("what is no ledger's address is refused without being repeated") {
    const std::string text =
        GENERATE(as<std::string>(), "host=db password=hunter2", "u:hunter2@h/db", "ftp://hunter2");
    ConfigWorld world;
    world.variable("LOOMREL_STORE", text);
    CHECK_THAT(world.error(), Contains("$LOOMREL_STORE: this is no ledger's address"));
    CHECK_THAT(world.error(), !Contains("hunter2"));
}

TEST_CASE("the address of the API is public_url's default and no more") {
    ConfigWorld world;
    world.variable("LOOM_RELEASE_TG_BOT_API_URL", "https://inside/api");
    CHECK(shown(world, "server.public_url") == "https://inside/api $LOOM_RELEASE_TG_BOT_API_URL");
    CHECK(world.load().server.public_url == "https://inside/api");
    world.toml("[server]\npublic_url = \"https://outside/api\"");
    CHECK(world.load().server.public_url == "https://outside/api");
    CHECK(shown(world, "server.public_url") == "https://outside/api loomrel.toml:2");
}

TEST_CASE("a password in the API's address is shown nowhere") {
    ConfigWorld world;
    world.variable("LOOM_RELEASE_TG_BOT_API_URL", "https://me:hidden-word@api.example.com/api");
    CHECK_THAT(shown(world, "server.public_url"), !Contains("hidden-word"));
    CHECK_THAT(shown(world, "store.url"), !Contains("hidden-word"));
    CHECK(masks(world, "hidden-word"));
}

TEST_CASE("a password may begin with '#', a comment stands behind a blank") {
    const auto values =
        config::parse_env_servers("A=#abc\nB= #no\nC=a #no\nD=#a #no\nE=#\n", ".env.servers");
    CHECK(values.at("A").value == "#abc");
    CHECK(values.at("B").value.empty());
    CHECK(values.at("C").value == "a");
    CHECK(values.at("D").value == "#a");
    CHECK(values.at("E").value == "#");
}

TEST_CASE("what the spec's variables set is shown as what is in force, with its origin") {
    ConfigWorld world;
    CHECK(shown(world, "server.listen") == "127.0.0.1:8000 ");
    CHECK(shown(world, "LOOM_RELEASE_TG_BOT_PREFIX") == "/api/tg-bot ");
    CHECK(shown(world, "LOG_LEVEL") == "INFO ");
    CHECK(shown(world, "LOOMREL_INSECURE") == " ");
    world.variable("LOOMREL_ENV_SERVERS",
                   "LOOM_RELEASE_TG_BOT_API_URL=https://h/api\nLOG_LEVEL=DEBUG\n");
    world.variable("LOOM_RELEASE_TG_BOT_PORT", "18765");
    world.variable("LOOM_RELEASE_TG_BOT_PREFIX", "api/bot");
    world.variable("ENVIRONMENT", "prod");
    CHECK(shown(world, "server.listen") == "127.0.0.1:18765 $LOOM_RELEASE_TG_BOT_PORT");
    CHECK(shown(world, "LOOM_RELEASE_TG_BOT_PREFIX") == "/api/bot $LOOM_RELEASE_TG_BOT_PREFIX");
    CHECK(world.load().server.prefix == "/api/bot");
    CHECK(shown(world, "LOG_LEVEL") == "DEBUG $LOOMREL_ENV_SERVERS:2");
    CHECK(shown(world, "ENVIRONMENT") == "prod $ENVIRONMENT");
    CHECK(shown(world, "store.url")
          == "https://h/api LOOM_RELEASE_TG_BOT_API_URL, $LOOMREL_ENV_SERVERS:1");
}

TEST_CASE("which hosts the repository chooses is shown, and what may go without TLS") {
    ConfigWorld world;
    world.variable("LOOMREL_ENV_SERVERS", "STAGE_HOST=a b\nLOOMREL_INSECURE=db:5432\n");
    world.repository("[deploy]\nhosts = [\"b\"]\n");
    CHECK(shown(world, "deploy.hosts") == "b loomrel.toml:2");
    CHECK(shown(world, "LOOMREL_INSECURE") == "db:5432 $LOOMREL_ENV_SERVERS:2");
}

TEST_CASE("what a command would refuse is found by looking, with its place") {
    struct Mistake {
        std::string toml;
        std::string env_servers;
        std::string says;
    };

    const Mistake mistake = GENERATE(values<Mistake>({
        {"[environments.stage]\nhosts = [\"a b\"]", "", "loomrel.toml:2: 'a b' is no host"},
        {"[services.a]\nhosts = [\"h:99999\"]", "", "loomrel.toml:2: 'h:99999' is no host"},
        {"", "STAGE_HOST=h\nSTAGE_PORT=abc\n", "STAGE_PORT: 'abc' is no port"},
        {"", "PROD_HOST=h\nPROD_HOST_KEY=foo\n", "HOST_KEY is no fingerprint"},
        {"", "joe_HOST=h\njoe_HOST_KEY=foo\n", "joe: …_HOST_KEY is no fingerprint"},
        {"[telegram]\nquorum = 2\napprovers = [1]", "", "loomrel.toml:2: 2 approvals are needed"},
        {"[telegram]\nself_approval = false\napprovers = [1]", "", "loomrel.toml:3: "},
        {"[[people]]\nname = \"a\"\nemails = [\"a@b.c\", \"x\"]",
         "",
         "loomrel.toml:3: emails: 'x'"},
        {"[[people]]\nemails = [\"noreply@github.com\"]", "", "loomrel.toml:2: emails: 'noreply"},
        {"[[people]]\ntelegram = 1\nemails = [\"a@b.c\"]\n[[people]]\nemails = [\"A@b.c\"]",
         "",
         "loomrel.toml:5: emails: two people have 'A@b.c'"},
        {"[deploy]\nlock_wait = \"10m\"", "", "loomrel.toml:2: lock_wait must be more"},
        {"[environments.prod]\ntime_limit = \"1h\"", "", "loomrel.toml:2: lock_wait must be more"},
        {"[services.a]\nhealth = \"ftp://x\"", "", "loomrel.toml:2: health: 'ftp://x' is no"},
        {"[services.\"a b\"]\nrepo = \"a\"", "", "loomrel.toml:2: "},
        {"", "LOG_LEVEL=loud\n", "LOG_LEVEL: 'loud' is none of"},
    }));
    CAPTURE(mistake.toml, mistake.env_servers);
    ConfigWorld world;
    world.toml(mistake.toml).env_servers(mistake.env_servers);
    const auto problems = world.load().problems();
    REQUIRE(problems.size() == 1);
    CHECK_THAT(problems[0].en, Contains(mistake.says));
}

TEST_CASE("the example and no configuration at all have no problems") {
    ConfigWorld world;
    CHECK(world.load().problems().empty());
    world.toml(read_whole(LOOMREL_SOURCE_DIR "/examples/loomrel.toml"))
        .env_servers(read_whole(LOOMREL_SOURCE_DIR "/examples/env.servers.example"));
    for (const Phrase& problem : world.load().problems()) {
        CHECK(problem.en.empty());
    }
}
