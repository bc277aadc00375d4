#include "lib/config/keys.hpp"
#include "lib/config/values.hpp"
#include "tests/lib/config/inputs.hpp"
#include "tests/support/catch.hpp"

using namespace loomrel;
using namespace loomrel::test;
using Catch::Matchers::Contains;

TEST_CASE("the narrower table wins: deploy, services, environments, both") {
    ConfigWorld world;
    world.toml(R"(
[deploy]
keep_capsules = 1
stable_for = "1s"
lock_wait = "1m"
time_limit = "250ms"
[services.a]
stable_for = "2s"
lock_wait = "2h"
[environments.prod]
lock_wait = "3m"
[environments.prod.services.a]
health_attempts = 9
lock_wait = "4s"
)");
    const auto config = world.load();
    const auto stage = config.deploy("a", "stage");
    const auto prod = config.deploy("a", "prod");
    CHECK(stage.keep_capsules == 1);
    CHECK(stage.stable_for == Milliseconds{2000});
    CHECK(stage.lock_wait == Milliseconds{7'200'000});
    CHECK(stage.time_limit == Milliseconds{250});
    CHECK(stage.health_attempts == 3);
    CHECK(prod.lock_wait == Milliseconds{4000});
    CHECK(prod.health_attempts == 9);
    CHECK(config.deploy("b", "prod").lock_wait == Milliseconds{180'000});
}

TEST_CASE("how long to wait for a log-in is a host's own affair") {
    ConfigWorld world;
    world.env_servers("STAGE_HOST=10.0.0.1\nPROD_HOST=10.0.0.2\nanna_HOST=10.0.0.3\n");
    CHECK(world.load().hosts("stage").front().connect_wait == Milliseconds{60'000});
    world.toml("[deploy]\nconnect_wait = \"20s\"\n[environments.prod]\nconnect_wait = \"5s\"\n");
    const auto config = world.load();
    CHECK(config.hosts("stage").front().connect_wait == Milliseconds{20'000});
    CHECK(config.hosts("prod").front().connect_wait == Milliseconds{5000});
    CHECK(config.developer("anna")->connect_wait == Milliseconds{20'000});
}

TEST_CASE("without a file the defaults of the design hold") {
    ConfigWorld world;
    const auto config = world.load();
    const auto dev = config.deploy("loom-content", "dev");
    CHECK(config.language == Language::ru);
    CHECK(config.timezone == "Europe/Moscow");
    CHECK(dev.root == "loom");
    CHECK(dev.dir == "loom-content");
    CHECK(dev.compose_services == std::vector<std::string>{"loom-content"});
    CHECK(dev.env_files.size() == 3);
    CHECK(dev.lock_wait == Milliseconds{35 * 60 * 1000});
    CHECK(dev.health_kind == config::HealthKind::unset);
    CHECK_FALSE(dev.restore_on_failure);
    CHECK(config.deploy("loom-content", "prod").restore_on_failure);
    CHECK(config.store.embedded);
}

TEST_CASE("a mistake is told with its file, its line and what was meant") {
    struct Mistake {
        std::string toml;
        std::string says;
    };

    const Mistake mistake = GENERATE(values<Mistake>({
        {"[deploy]\nlock_wiat = \"5s\"",
         "loomrel.toml:2: unknown key 'deploy.lock_wiat' | did you mean 'lock_wait'?"},
        {"[telegrm]\nchat_id = 1",
         "loomrel.toml:2: unknown key 'telegrm.chat_id' | did you mean '[telegram]'?"},
        {"[stor]\nurl = \"sqlite:///a\"", "'stor.url' | did you mean '[store]'?"},
        {"[stor]", "loomrel.toml:1: unknown key 'stor' | did you mean 'store'?"},
        {"[servics.a]\nhealth = \"none\"", "'servics.a' | did you mean '[services]'?"},
        {"[deplo]\nx = 1", "'deplo.x' | did you mean '[deploy]'?"},
        {"[environments.prod.servics.a]\nhealth = \"none\"", "did you mean 'services'?"},
        {"[environments.prod]\nhosts = [\"root@a\",\n\"root:secretword@b\"]",
         "loomrel.toml:3: a password does not stand in a host's address"},
        {"[environments.stage.services.a]\nhosts = [\"root:secret@word@b:22\"]",
         "loomrel.toml:2: a password does not stand in a host's address"},
        {"languag = \"ru\"", "loomrel.toml:1: unknown key 'languag' | did you mean 'language'?"},
        {"language = \"de\"", "loomrel.toml:1: key 'language': 'de' is none of ru, en"},
        {"[deploy]\nlock_wait = 5", "key 'deploy.lock_wait': a duration in quotes is wanted"},
        {"[deploy]\nlock_wait = \"5 minutes\"", "a duration in quotes is wanted"},
        {"[deploy]\nkeep_capsules = \"5\"", "key 'deploy.keep_capsules': a whole number is wanted"},
        {"[deploy]\nkeep_capsules = 0", "must be at least 1"},
        {"[deploy]\nenv_files = \"x\"", "a list of strings is wanted"},
        {"[deploy]\nenv_files = [1]", "a list of strings is wanted"},
        {"[deploy]\ncompose_services = []", "at least one service is wanted"},
        {"[services.a]\ncompose_services = [\"a b\"]",
         "loomrel.toml:2: key 'services.a.compose_services': 'a b' is no name"},
        {"[services.a]\ncompose_services = [\"--no-deps\"]", "is no name of a Compose service"},
        {"[telegram]\napprovers = [\"me\"]", "a list of numbers is wanted"},
        {"[telegram]\nquorum = 0", "a number from 1 or \"all\" is wanted"},
        {"[telegram]\nquorum = \"most\"", "a number from 1 or \"all\" is wanted"},
        {"[deploy]\nroot = \"a\\nb\"", "a newline is not allowed here"},
        {"[deploy]\nstate_dir = \"state\"", "an absolute path is wanted, not 'state'"},
        {"[environments.prod]\nlog_root = \"logs\"", "an absolute path is wanted, not 'logs'"},
        {"[deploy]\nroot = \"a\"\nroot = \"b\"", "loomrel.toml:3: not TOML"},
        {"[deploy\nx", "not TOML"},
        {"[environments.production]\ncanary = 1",
         "unknown environment 'production' | there are dev, stage and prod"},
        {"[telegram]\ntoken = \"1:a\"",
         "secrets do not stand in loomrel.toml ('telegram.token') | instead: "
         "LOOM_RELEASE_TG_BOT_TOKEN"},
        {"[store]\npassword = \"x\"", "secrets do not stand in loomrel.toml"},
        {"[store]\nurl = \"postgresql://u:secretword@h/d\"",
         "a password does not stand in the ledger's address"},
        {"[store]\nurl = \"postgresql://u@h/d?password=secretword\"",
         "a password does not stand in the ledger's address"},
        {"timezone = \"Mars/Olympus\"", "unknown time zone 'Mars/Olympus'"},
        {"deploy = 5", "'deploy' is a table"},
        {"people = 5", "people is a list of tables"},
    }));
    ConfigWorld world;
    world.toml(mistake.toml);
    const std::string said = world.error();
    CHECK_THAT(said, Contains(mistake.says));
    CHECK_THAT(said, !Contains("secretword"));
}

TEST_CASE("what is no text, or far too large, is refused whole") {
    ConfigWorld world;
    CHECK_THAT(world.toml("language = \"\xff\"").error(), Contains("not text in UTF-8"));
    CHECK_FALSE(world.toml(std::string(10 << 20, '#')).error().empty());
}

TEST_CASE("the flag wins over the variable, the variable over the file") {
    ConfigWorld world;
    world.toml("language = \"ru\"\n[store]\nurl = \"sqlite:///a\"\n[server]\npublic_url = "
               "\"https://toml\"\n");
    world.env_servers("LOOM_RELEASE_TG_BOT_API_URL=https://env.servers\n");
    CHECK(world.load().store.url == "sqlite:///a");
    CHECK(world.load().server.public_url == "https://toml");
    world.variable("LOOMREL_STORE", "sqlite:///b");
    CHECK(world.load().store.url == "sqlite:///b");
    world.inputs.store_flag = "sqlite:///c";
    world.inputs.language_flag = "en";
    const auto config = world.load();
    CHECK(config.store.url == "sqlite:///c");
    CHECK(config.language == Language::en);
    world.inputs.store_flag = "postgresql://u:secretword@h/d";
    CHECK_THAT(world.error(), Contains("a password does not stand"));
    CHECK_THAT(world.error(), !Contains("secretword"));
}

TEST_CASE("the example names every key, and loads") {
    const std::string text = read_whole(LOOMREL_SOURCE_DIR "/examples/loomrel.toml");
    const auto file = config::parse_toml(text, "examples/loomrel.toml");
    for (const config::Key& key : config::plain_keys()) {
        INFO(key.name);
        CHECK(file.values.count(std::string(key.name)) == 1);
    }
    for (const config::Key& key : config::deploy_keys()) {
        INFO(key.name);
        bool named = false;
        for (const auto& [name, value] : file.values) {
            named = named || name.ends_with("." + std::string(key.name));
        }
        CHECK(named);
    }
    CHECK(file.people.size() == 1);
    ConfigWorld world;
    world.toml(text).env_servers(read_whole(LOOMREL_SOURCE_DIR "/examples/env.servers.example"));
    CHECK(world.error().empty());
    CHECK(world.load().developers().size() == 2);
}

TEST_CASE("every key in force is shown with its origin, secrets masked") {
    ConfigWorld world;
    world.toml("[deploy]\nroot = \"/srv\"\n[[people]]\n[[people]]\ngithub = \"joe\"\n")
        .env_servers("PROD_HOST=h\nPROD_PASSWORD=hunter2hunter2\n");
    world.variable("LOOM_RELEASE_TG_BOT_TOKEN", "123:topsecret");
    std::string all;
    std::string root;
    for (const config::Shown& row : world.load().shown()) {
        all += row.key + "=" + row.value + " " + row.origin.place + "\n";
        root = row.key == "deploy.root" ? row.value + " " + row.origin.place : root;
    }
    CHECK(root == "/srv loomrel.toml:2");
    CHECK_THAT(
        all, Contains("PROD_PASSWORD=********") && Contains("LOOM_RELEASE_TG_BOT_TOKEN=********"));
    CHECK_THAT(all, Contains("people.2.github=joe loomrel.toml:5"));
    CHECK_THAT(all, !Contains("hunter2") && !Contains("topsecret"));
    CHECK(world.load().secrets().size() == 2);
}

TEST_CASE("a service that only an environment names is a slip where others are listed") {
    ConfigWorld world;
    const std::string named = "[environments.prod.services.contnt]\nhealth = \"none\"\n";
    CHECK(world.toml(named).load().problems().empty());
    const auto problems =
        world.toml("[services.content]\nhealth = \"none\"\n" + named).load().problems();
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].en
          == "loomrel.toml:3: there is no service 'contnt' in [services.*]; did you mean "
             "'content'?");
}
