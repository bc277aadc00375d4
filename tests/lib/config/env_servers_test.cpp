#include "lib/config/values.hpp"
#include "tests/lib/config/inputs.hpp"
#include "tests/support/catch.hpp"

using namespace loomrel;
using namespace loomrel::test;
using Catch::Matchers::Contains;

TEST_CASE("values are literal, however the file was written") {
    const auto values = config::parse_env_servers("\xEF\xBB\xBF# a comment\r\n"
                                                  "export A_HOST = 10.0.0.1  # here\r\n"
                                                  "B='$(touch x) `id` \"q\" #no comment'\r\n"
                                                  "C=\"two \\\" words\" # yes\n"
                                                  "D=with#hash\n"
                                                  "\n"
                                                  "E=\n"
                                                  "KEY=\"-----BEGIN\nline two\r\n-----END\"\n"
                                                  "F=a b  c\n"
                                                  "G=${HOME}",
                                                  ".env.servers");
    CHECK(values.at("A_HOST").value == "10.0.0.1");
    CHECK(values.at("B").value == "$(touch x) `id` \"q\" #no comment");
    CHECK(values.at("C").value == "two \" words");
    CHECK(values.at("D").value == "with#hash");
    CHECK(values.at("E").value.empty());
    CHECK(values.at("KEY").value == "-----BEGIN\nline two\n-----END");
    CHECK(values.at("F").value == "a b  c");
    CHECK(values.at("G").value == "${HOME}");
    CHECK(values.at("G").line == 12);
}

TEST_CASE("a broken line is told by its number, never by what it holds") {
    const std::string text = GENERATE(as<std::string>(),
                                      "OK=1\nhunter2hunter2\n",
                                      "OK=1\nP=\"hunter2hunter2\n",
                                      "OK=1\nP='hunter2hunter2' hunter2\n",
                                      "OK=1\n.P=hunter2hunter2\n");
    ConfigWorld world;
    const std::string said = world.env_servers(text).error();
    CHECK_THAT(said, Contains(".env.servers:2: "));
    CHECK_THAT(said, !Contains("hunter2"));
}

TEST_CASE("a developer is found by any spelling of the login") {
    ConfigWorld world;
    world.env_servers(
        "Dev_One_HOST=10.0.0.1\nDev_One_PASSWORD=x\nDev_One_PORT=2222\nDev_One_USER=me\n"
        "STAGE_HOST=10.0.0.2\nprod_HOST=10.0.0.3\nLOOM_DB_HOST=10.0.0.4\n");
    const auto config = world.load();
    for (const char* login : {"dev-one", "DEV_ONE", "Dev-One", "dev_one"}) {
        const auto host = config.developer(login);
        REQUIRE(host);
        CHECK(host->address == "10.0.0.1");
        CHECK(host->port == 2222);
        CHECK(host->user == "me");
    }
    CHECK_FALSE(config.developer("stage"));
    CHECK_FALSE(config.developer("prod"));
    CHECK_FALSE(config.developer("loom_db"));
    CHECK_FALSE(config.developer("nobody"));
}

TEST_CASE("what stands beside a developer's host is found by any spelling of the login too") {
    ConfigWorld world;
    world.env_servers("dev-one_HOST=h\nDEV_ONE_PASSWORD=hunter2hunter2\nDev_One_USER=me\n"
                      "STAGE_HOST=h\nstage_USER=nobody\n");
    const auto config = world.load();
    const auto host = config.developer("dev_one");
    REQUIRE(host);
    CHECK(host->password.unsent().reveal() == "hunter2hunter2");
    CHECK(host->user == "me");
    CHECK(config.hosts("stage").front().user == "root");
    CHECK(config.secrets().size() == 1);
    std::string all;
    for (const config::Shown& row : config.shown()) {
        all += row.key + "=" + row.value + " " + row.origin.place + "\n";
    }
    CHECK_THAT(all,
               Contains("DEV_ONE_PASSWORD=******** .env.servers:2")
                   && Contains("Dev_One_USER=me .env.servers:3"));
    world.env_servers("dev-one_HOST=h\nDEV_ONE_PASSWORD=a\ndev_one_PASSWORD=b\n");
    CHECK_THROWS_WITH(world.load().developer("dev-one"), Contains("are one GitHub login"));
}

TEST_CASE("two keys that are one login are an error") {
    ConfigWorld world;
    world.env_servers("dev-a_HOST=1.1.1.1\nDEV_A_HOST=2.2.2.2\n");
    CHECK_THAT(world.error(), Contains("are one GitHub login"));
}

TEST_CASE("a file of passwords that others can read is an error, in CI a warning") {
    ConfigWorld world;
    world.env_servers("STAGE_HOST=h\n");
    std::filesystem::permissions(world.path() / ".env.servers", std::filesystem::perms(0644));
    CHECK_THAT(world.error(), Contains("others can read") && Contains("chmod 600"));
    world.variable("CI", "true");
    CHECK(world.error().empty());
    CHECK(world.load().warnings().size() == 1);
    CHECK_THAT(world.load().notices.at(0).en, Contains("others can read"));
}

TEST_CASE("a near miss is a warning, another tool's variable is not") {
    ConfigWorld world;
    world.env_servers("STAGE_HOTS=h\nAWS_REGION=eu\nLOOM_RELEASE_TG_BOT_API_ULR=x\n");
    const auto warnings = world.load().warnings();
    REQUIRE(warnings.size() == 2);
    CHECK_THAT(warnings[0].en + warnings[1].en, Contains("STAGE_HOST") && Contains("API_URL"));
}

TEST_CASE("the text of the file may come in a variable, and the process wins over the file") {
    ConfigWorld world;
    world.variable("LOOMREL_ENV_SERVERS", "STAGE_HOST=10.0.0.1\nSTAGE_PASSWORD=p\n");
    CHECK(world.load().hosts("stage").front().address == "10.0.0.1");
    world.variable("STAGE_HOST", "10.9.9.9");
    // The password was written beside another host.
    CHECK_THROWS_WITH(world.load().hosts("stage"),
                      Contains("STAGE_PASSWORD: host ") && Contains("root@10.9.9.9"));
    world.variable("STAGE_PASSWORD", "q");
    CHECK(world.load().hosts("stage").front().address == "10.9.9.9");
    CHECK(world.load().hosts("stage").front().password.unsent().reveal() == "q");
}

TEST_CASE("hosts are read as they are written, others are refused") {
    ConfigWorld world;
    world.toml("[environments.prod]\nhosts = [\"me@10.0.0.1:2222\", \"[fd00::1]:23\", \"fd00::2\", "
               "\"name\"]");
    world.env_servers("PROD_USER=you\nPROD_HOST_KEY=SHA256:abc\n");
    const auto hosts = world.load().hosts("prod");
    REQUIRE(hosts.size() == 4);
    CHECK((hosts[0].user == "me" && hosts[0].address == "10.0.0.1" && hosts[0].port == 2222));
    CHECK((hosts[1].user == "you" && hosts[1].address == "fd00::1" && hosts[1].port == 23));
    CHECK((hosts[2].address == "fd00::2" && hosts[2].port == 22));
    CHECK(hosts[3].host_keys == std::vector<std::string>{"SHA256:abc"});
    const std::string bad = GENERATE(as<std::string>(),
                                     "-oProxyCommand=x",
                                     "a b",
                                     "h:99999",
                                     "[fd00::1",
                                     "$(id)",
                                     "a;b",
                                     "",
                                     "x@-y");
    world.toml("[environments.stage]\nhosts = [\"" + bad + "\"]");
    CHECK_THROWS_AS(world.load().hosts("stage"), Error);
}

TEST_CASE("no host at all names the keys to add") {
    ConfigWorld world;
    try {
        (void)world.load().hosts("stage");
        FAIL("no error");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::config);
        CHECK_THAT(error.hint().en, Contains("STAGE_HOST") && Contains("STAGE_PASSWORD"));
    }
}

TEST_CASE("which store: flag, variables of Postgres, the API, the embedded default") {
    ConfigWorld world;
    CHECK(world.load().store.url
          == "sqlite://" + (world.path() / "home").string() + "/.local/state/loomrel/releases.db");
    world.variable("LOOM_RELEASE_TG_BOT_API_URL", "https://api.example.com/api/tg-bot");
    CHECK(world.load().store.url == "https://api.example.com/api/tg-bot");
    for (const char* name : {"CONTAINER_NAME", "DB_NAME", "USER"}) {
        world.variable(std::string("LOOM_RELEASE_TG_BOT_POSTGRES_") + name, "x");
    }
    CHECK_FALSE(world.load().store.url.starts_with("postgresql"));
    REQUIRE(world.load().warnings().size() == 1);
    CHECK_THAT(world.load().warnings()[0].en, Contains("LOOM_RELEASE_TG_BOT_POSTGRES_PASSWORD"));
    world.variable("LOOM_RELEASE_TG_BOT_POSTGRES_PASSWORD", "p@ss");
    CHECK(world.load().store.url == "postgresql://x@x:5432/x");
    CHECK(world.load().warnings().empty());
    CHECK(world.load().store.password.unsent().reveal() == "p@ss");
    world.variable("LOOMREL_STORE", "postgresql://u:a%40b@h/d");
    CHECK(world.load().store.url == "postgresql://u@h/d");
    CHECK(world.load().store.password.unsent().reveal() == "a@b");
}

TEST_CASE("a password beside the process's own address of a ledger is that ledger's") {
    ConfigWorld world;
    world.env_servers("LOOMREL_STORE=postgresql://u@here/d\nLOOMREL_STORE_PASSWORD=first\n");
    CHECK(world.load().store.password.unsent().reveal() == "first");
    world.variable("LOOMREL_STORE", "postgresql://u:second@there/d");
    CHECK(world.load().store.password.unsent().reveal() == "second");
    world.variable("LOOMREL_STORE_PASSWORD", "third");
    CHECK(world.load().store.password.unsent().reveal() == "third");
}

TEST_CASE("the file of secrets may hold the ledger's address with its password") {
    ConfigWorld world;
    world.env_servers("LOOMREL_STORE=postgresql://u:first@here/d\n");
    CHECK(world.load().store.url == "postgresql://u@here/d");
    CHECK(world.load().store.password.unsent().reveal() == "first");
}

TEST_CASE("the server's port of the process goes before loomrel.toml, that of the file after it") {
    ConfigWorld world;
    world.toml("[server]\nlisten = \"0.0.0.0:8000\"\n");
    world.env_servers("LOOM_RELEASE_TG_BOT_PORT=8001\n");
    CHECK(world.load().server.listen == "0.0.0.0:8000");
    world.variable("LOOM_RELEASE_TG_BOT_PORT", "8002");
    CHECK(world.load().server.listen == "0.0.0.0:8002");
}

TEST_CASE("health left out comes from the domain and the service's prefix") {
    ConfigWorld world;
    world.variable("STAGE_DOMAIN", "stage.example.com")
        .variable("LOOM_CONTENT_PREFIX", "/api/content");
    const auto settings = world.load().deploy("loom-content", "stage");
    CHECK(settings.health_kind == config::HealthKind::url);
    CHECK(settings.health_url == "https://stage.example.com/api/content/health");
    CHECK(world.load().deploy("loom-content", "prod").health_kind == config::HealthKind::unset);
}

TEST_CASE("a password in a host's address is refused where it stands, and never shown") {
    ConfigWorld world;
    const std::string key = GENERATE(as<std::string>(), "STAGE", "PROD");
    world.env_servers("# hosts\n" + key + "_HOST=root:secretword@10.0.0.1\n");
    CHECK_THAT(world.error(),
               Contains(".env.servers:2: " + key + "_HOST: a password does not stand"));
    CHECK_THAT(world.error(), !Contains("secretword"));
}

TEST_CASE("what may be another tool's address stops nobody but whoever asks for it") {
    ConfigWorld world;
    world.env_servers("STAGE_HOST=10.0.0.1\nMAIL_HOST=user:secretword@mail\n");
    const auto config = world.load();
    CHECK(config.hosts("stage", "any").size() == 1);
    CHECK_THROWS_AS(config.developer("mail"), Error);
    for (const auto& row : config.shown()) {
        CHECK_THAT(row.value, !Contains("secretword"));
    }
}

TEST_CASE("a password in a variable of the process is not shown either") {
    ConfigWorld world;
    world.variable("STAGE_HOST", "root:secretword@10.0.0.1");
    const auto config = world.load();
    for (const auto& row : config.shown()) {
        CHECK_THAT(row.value, !Contains("secretword"));
    }
    CHECK_THROWS_WITH(config.hosts("stage", "a"),
                      Contains("$STAGE_HOST") && !Contains("secretword"));
    const auto problems = config.problems();
    REQUIRE(problems.size() == 1);
    CHECK_THAT(problems[0].en, Contains("a password does not stand"));
}

TEST_CASE("what belongs to other tools is no business of ours") {
    ConfigWorld world;
    world.env_servers("SENTRY_HOST=https://key:word@sentry/1\nLOOM_DB_HOST=me:word@db\n");
    CHECK(world.error().empty());
}

TEST_CASE("a port that is none is told with its key and line") {
    ConfigWorld world;
    const auto config = world.env_servers("STAGE_HOST=10.0.0.1\nSTAGE_PORT=abc\n").load();
    CHECK_THROWS_WITH(config.hosts("stage", "a"), ".env.servers:2: STAGE_PORT: 'abc' is no port");
    REQUIRE(config.problems().size() == 1);
    CHECK(config.problems()[0].en == ".env.servers:2: STAGE_PORT: 'abc' is no port");
}

TEST_CASE("a key file that is not there is a warning, with its place") {
    ConfigWorld world;
    write_whole(world.path() / "there", "key");
    world.env_servers("STAGE_HOST=a\nSTAGE_KEY_FILE=there\nPROD_HOST=b\nPROD_KEY_FILE=gone\n"
                      "me_HOST=c\nme_KEY_FILE=/\n");
    const auto config = world.load();
    CHECK(config.problems().empty());
    const auto warnings = config.warnings();
    REQUIRE(warnings.size() == 2);
    CHECK(warnings[0].en == ".env.servers:4: PROD_KEY_FILE: there is no key file 'gone'");
    CHECK_THAT(warnings[1].en, Contains(".env.servers:6: me_KEY_FILE: the key file '/' cannot"));
}

TEST_CASE("a slip in the name of an environment is listed, since it makes a developer") {
    ConfigWorld world;
    world.env_servers("STAG_HOST=a\nSTAG_PASSWORD=x\nannette_HOST=b\n");
    const auto warnings = world.load().warnings();
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].en
          == ".env.servers:1: STAG_HOST is developer STAG's host; did you mean STAGE_HOST?");
}
