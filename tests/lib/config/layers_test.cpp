#include "lib/base/bound_secret.hpp"
#include "lib/config/keys.hpp"
#include "tests/lib/config/inputs.hpp"
#include "tests/support/catch.hpp"

#include <fstream>

using namespace loomrel;
using namespace loomrel::test;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

void make_checkout(const fs::path& folder) {
    (void)run_program({"git", "init", "-q", folder.string()});
}

void track(const fs::path& folder, const std::string& file, const std::string& version = "2") {
    (void)run_program(
        {"git", "-C", folder.string(), "-c", "index.version=" + version, "add", "-f", file});
}

std::string hint_of(const ConfigWorld& world) {
    try {
        (void)world.load();
    } catch (const Error& error) {
        return error.hint().en;
    }
    return "";
}

} // namespace

TEST_CASE("both files are read, and the trusted one wins, also over a narrower key") {
    ConfigWorld world;
    world.repository("language = \"en\"\ntimezone = \"UTC\"\n[services.a]\nkeep_capsules = 2\n"
                     "stable_for = \"2s\"\n[[people]]\ntelegram = 1\n");
    world.trusted("timezone = \"Europe/Paris\"\n[deploy]\nkeep_capsules = 7\n[[people]]\n"
                  "telegram = 2\n");
    const auto config = world.load();
    CHECK(config.language == Language::en);
    CHECK(config.timezone == "Europe/Paris");
    CHECK(config.deploy("a", "stage").keep_capsules == 7);
    CHECK(config.deploy("a", "stage").stable_for == Milliseconds{2000});
    REQUIRE(config.people.size() == 1);
    CHECK(config.people[0].telegram == 2);
    CHECK(config.services == std::vector<std::string>{"a"});
    CHECK(config.toml_path == world.path() / "home/.config/loomrel/loomrel.toml");
    CHECK(config.repository_toml_path == world.path() / "loomrel.toml");
}

TEST_CASE("what is a repository's word is told from what the trusted side says") {
    ConfigWorld world;
    const std::string said = "[services.a]\nup = \"u\"\nrepo = \"r\"\nlock_wait = \"50m\"\n";
    world.repository(said);
    auto of = world.load().deploy("a", "prod").of_repository;
    CHECK((of.contains("up") && of.contains("repo") && of.contains("dir")));
    CHECK(of.contains("engine")); // it could have said that
    world.trusted("[services.a]\nup = \"mine\"\n");
    CHECK(world.load().deploy("a", "prod").of_repository
          == std::set<std::string>{"dir", "lock_wait", "repo"});
    world.trusted("language = \"en\"\n").variable("PROD_DOMAIN", "d").variable("A_PREFIX", "p");
    of = world.load().deploy("a", "prod").of_repository;
    CHECK((of.contains("engine") && !of.contains("health")));
}

TEST_CASE("the rules of approval come from one file, whole") {
    ConfigWorld world;
    const std::string weaker = "[telegram]\napprovers = [6]\nquorum = 1\nself_approval = true\n"
                               "approval_expires = \"999h\"\nchat_id = 5\n[[people]]\n"
                               "telegram = 1\ngithub = \"somebody-else\"\nemails = [\"a@b.c\"]\n";
    world.repository(weaker);
    CHECK(world.load().telegram.approvers == std::vector<std::int64_t>{6});
    CHECK(world.load().approval_rules().people.at(0).emails == std::vector<std::string>{"a@b.c"});
    world.trusted("[telegram]\napprovers = [1, 2]\n");
    const auto config = world.load();
    CHECK(config.telegram.approvers == std::vector<std::int64_t>{1, 2});
    CHECK(config.telegram.approval_expires == Milliseconds{24 * 3600 * 1000});
    CHECK(config.telegram.chat_id == 5);
    CHECK(config.people.empty());
}

TEST_CASE("a file in a git work tree is the repository's, however it was named") {
    ConfigWorld world;
    make_checkout(world.path() / "checkout");
    write_whole(world.path() / "checkout/mine.toml", "[server]\nlisten = \"0.0.0.0:1\"\n");
    fs::create_symlink(world.path() / "checkout/mine.toml", world.path() / "link.toml");
    fs::create_directory_symlink(world.path() / "checkout", world.path() / "folder");
    write_whole(world.path() / "outside.toml", "[server]\nlisten = \"0.0.0.0:1\"\n");
    fs::create_symlink("../outside.toml", world.path() / "checkout/out.toml");
    const std::string name = GENERATE(as<std::string>(),
                                      "checkout/mine.toml",
                                      "link.toml",
                                      "folder/mine.toml",
                                      "checkout/out.toml");
    CAPTURE(name);
    if (GENERATE(true, false)) {
        world.inputs.config_flag = name;
    } else {
        world.variable("LOOMREL_CONFIG", name);
    }
    CHECK_THAT(world.error(), Contains("'server.listen' does not count in a repository's file"));
    world.inputs.config_flag = "outside.toml";
    CHECK(world.load().server.listen == "0.0.0.0:1");
}

TEST_CASE("what a pusher could turn against others does not stand in a repository's file") {
    struct Line {
        std::string toml;
        std::string says;
        std::string write;
    };

    const Line line = GENERATE(values<Line>({
        {"[store]\nurl = \"postgresql://u@evil/d\"",
         "'store.url'",
         "LOOMREL_STORE=postgresql://u@evil/d"},
        {"[store]\nurl = \"sqlite:///tmp/x\"", "'store.url'", "LOOMREL_STORE=sqlite:///tmp/x"},
        {"[store]\nurl = \"https://evil/api\"", "'store.url'", "LOOMREL_STORE=https://evil/api"},
        {"[server]\nlisten = \"0.0.0.0:1\"",
         "'server.listen'",
         "under [server]: listen = \"0.0.0.0:1\""},
        {"[server]\ntrusted_proxies = [\"0.0.0.0/0\"]",
         "'server.trusted_proxies'",
         "trusted_proxies = [\"0.0.0.0/0\"]"},
        {"[server]\npublic_url = \"https://evil\"",
         "'server.public_url'",
         "LOOM_RELEASE_TG_BOT_API_URL=https://evil"},
        {"[telegram]\napi_url = \"https://evil\"",
         "'telegram.api_url'",
         "home/.config/loomrel/loomrel.toml, under [telegram]: api_url = \"https://evil\""},
        {"[telegram]\napi_url = \"https://api.telegram.org@evil\"", "'telegram.api_url'", ""},
        {"[telegram]\napi_url = \"https://api.telegram.org:8443\"", "'telegram.api_url'", ""},
        {"[telegram]\napi_url = \"http://api.telegram.org\"", "'telegram.api_url'", ""},
        {"[github]\napi_url = \"https://evil\"", "'github.api_url'", "under [github]: api_url"},
    }));
    CAPTURE(line.toml);
    ConfigWorld world;
    world.repository(line.toml);
    CHECK_THAT(world.error(), Contains("loomrel.toml:2: " + line.says + " does not count"));
    CHECK_THAT(hint_of(world), Contains(line.write));
    world.env_servers("PROD_HOST=deploy@10.0.0.1:2222\n");
    CHECK_THAT(hint_of(world), Contains("loomrel rollback --host deploy@10.0.0.1:2222 --identity"));
    // At night it is a notice, and the value is left out.
    world.inputs.must_go_on = true;
    const auto config = world.load();
    CHECK(config.notices.size() == 1);
    CHECK(config.store.embedded);
    CHECK(config.telegram.api_url == "https://api.telegram.org");
    CHECK(config.server.listen == "127.0.0.1:8000");
}

TEST_CASE("every key says who may say it") {
    for (const config::Key& key : config::plain_keys()) {
        // An address that is not the trusted side's is somebody else's.
        const bool is_address = key.name.ends_with("url") || key.name.ends_with("listen");
        INFO(key.name);
        CHECK((!is_address || key.in_repository != config::InRepository::yes));
        CHECK(config::find_dotted_key(key.name) == &key);
    }
    CHECK(config::find_dotted_key("environments.prod.services.a.hooks.before_up")->name
          == "hooks.before_up");
    CHECK(config::find_dotted_key("people.3.github")->name == "github");
    CHECK(config::find_dotted_key("environments.prod.hosts")->in_repository
          == config::InRepository::subset);
}

TEST_CASE("the man page has the same table of keys") {
    const std::string page = read_whole(LOOMREL_SOURCE_DIR "/man/loomrel.1");
    const std::size_t begin = page.find(".\\\" The table of keys");
    REQUIRE(begin != std::string::npos);
    const std::size_t end = page.find(".TE", begin);
    std::string wanted;
    for (const auto keys : {config::plain_keys(), config::deploy_keys(), config::person_keys()}) {
        for (const config::Key& key : keys) {
            if (key.in_repository != config::InRepository::yes) {
                wanted += "\n" + std::string(key.name) + "|"
                          + std::string(config::to_string(key.in_repository));
            }
        }
    }
    CHECK_THAT(page.substr(begin, end - begin),
               Contains("lb l." + wanted + "\nevery other key|yes\n"));
}

TEST_CASE("a repository's ledger may repeat what is named, or choose among it") {
    ConfigWorld world;
    world.env_servers("LOOM_RELEASE_TG_BOT_API_URL=https://api.example.com/api/tg-bot\n"
                      "LOOM_INTERSERVER_SECRET_KEY=key-of-the-api-1\n"
                      "LOOM_RELEASE_TG_BOT_POSTGRES_CONTAINER_NAME=db\n"
                      "LOOM_RELEASE_TG_BOT_POSTGRES_DB_NAME=d\n"
                      "LOOM_RELEASE_TG_BOT_POSTGRES_USER=u\n"
                      "LOOM_RELEASE_TG_BOT_POSTGRES_PASSWORD=hunter2hunter2\n");
    CHECK(world.load().store.url == "postgresql://u@db:5432/d");
    world.repository("[store]\nurl = \"https://api.example.com/api/tg-bot/\"\n");
    const auto over_api = world.load().store;
    CHECK(over_api.url == "https://api.example.com/api/tg-bot");
    CHECK(over_api.password.empty());
    CHECK(over_api.api_secret.for_place("https://api.example.com:443").reveal()
          == "key-of-the-api-1");
    CHECK_THROWS_AS(over_api.api_secret.for_place("https://evil:443"), Error);
    world.repository("[store]\nurl = \"postgres://db/d\"\n");
    const auto over_postgres = world.load().store;
    CHECK(over_postgres.url == "postgresql://u@db:5432/d");
    CHECK(over_postgres.password.for_place(over_postgres.url).reveal() == "hunter2hunter2");
    const std::string other = GENERATE(as<std::string>(),
                                       "postgresql://u@db:5432/other",
                                       "postgresql://u@db:5433/d",
                                       "postgresql://you@db/d",
                                       "postgresql://u@db:5432/d?hostaddr=6.6.6.6",
                                       "postgresql://u@db,evil/d",
                                       "https://api.example.com/other",
                                       "http://api.example.com/api/tg-bot");
    CAPTURE(other);
    world.repository("[store]\nurl = \"" + other + "\"\n");
    CHECK_THAT(world.error(), Contains("'store.url' does not count"));
    // What was typed for this one command stands.
    world.variable("LOOMREL_STORE", "sqlite:///mine");
    CHECK(world.load().store.url == "sqlite:///mine");
    CHECK_THAT(world.load().warnings().at(0).en, Contains("'store.url' has no effect"));
}

TEST_CASE("a line of pgpass names its server, a star names none") {
    ConfigWorld world;
    world.repository("[store]\nurl = \"postgresql://u@DB.internal/d\"\n");
    const fs::path file = world.path() / "home/.pgpass";
    fs::create_directories(file.parent_path());
    write_whole(file, "# db.internal:*:*:u:x\n*:*:*:u:secret\n");
    fs::permissions(file, fs::perms(0600));
    CHECK_THAT(world.error(), Contains("'store.url' does not count"));
    write_whole(file, "*:*:*:u:secret\ndb.internal:5432:*:u:secret\n");
    CHECK(world.load().store.url == "postgresql://u@DB.internal/d");
    world.variable("LOOMREL_STORE_PASSWORD", "of-another-server");
    CHECK(world.load().store.password.empty());
    world.repository("[store]\nurl = \"postgresql://u@db.internal/d?hostaddr=6.6.6.6\"\n");
    CHECK_THAT(world.error(), Contains("'store.url' does not count"));
    world.repository("[store]\nurl = \"postgresql://u@db.internal:5433/d\"\n");
    CHECK_THAT(world.error(), Contains("'store.url' does not count"));
    world.repository("[store]\nurl = \"postgresql://u@db.internal/d\"\n");
    write_whole(file, "db.internal:5432:*:u:secret:a remark\n"); // as libpq takes it
    CHECK(world.error().empty());
    fs::permissions(file, fs::perms(0602));
    CHECK_THAT(world.error(), Contains("'store.url' does not count"));
}

TEST_CASE("a ledger that is typed as nothing is none") {
    ConfigWorld world;
    world.inputs.store_flag = "";
    world.repository("[store]\nurl = \"postgresql://u@db/d\"\n");
    CHECK_THAT(world.error(), Contains("'store.url' does not count"));
}

TEST_CASE("what is to be written goes into the file that is read") {
    ConfigWorld world;
    world.repository("[server]\nlisten = \"0.0.0.0:1\"\n");
    world.variable("XDG_CONFIG_HOME", (world.path() / "xdg").string());
    CHECK_THAT(hint_of(world), Contains("/xdg/loomrel/loomrel.toml, under [server]: listen"));
    write_whole(world.path() / "mine.toml", "language = \"en\"\n");
    world.inputs.config_flag = "mine.toml";
    CHECK_THAT(hint_of(world), Contains("/mine.toml, under [server]: listen"));
}

TEST_CASE("the repository's list of hosts chooses among the trusted ones, and puts them in order") {
    ConfigWorld world;
    world.env_servers("PROD_HOST=10.0.0.1 deploy@10.0.0.2:2222 10.0.0.3\nPROD_PASSWORD=p\n"
                      "PROD_HOST_KEY=SHA256:a SHA256:b\n");
    REQUIRE(world.load().hosts("prod").size() == 3);
    world.repository("[environments.prod]\nhosts = [\"10.0.0.3\", \"10.0.0.2:2222\"]\n");
    // None of production's is left out.
    const auto hosts = world.load().hosts("prod");
    REQUIRE(hosts.size() == 3);
    CHECK(hosts[0].address == "10.0.0.3");
    CHECK(hosts[1].user == "deploy");
    CHECK(hosts[2].address == "10.0.0.1");
    const auto warnings = world.load().warnings();
    REQUIRE(warnings.size() == 1);
    CHECK_THAT(warnings[0].en,
               Contains("loomrel.toml:2: the list leaves out hosts of production, root@10.0.0.1:"));
    CHECK(hosts[1].password.for_place("ssh://10.0.0.2:2222").reveal() == "p");
    CHECK_THROWS_AS(hosts[1].password.for_place("ssh://10.0.0.3:22"), Error);
    CHECK(hosts[0].host_keys.size() == 2);
    world.repository("[environments.prod]\nhosts = [\"10.0.0.3\", \"10.0.0.3\"]\n");
    CHECK(world.load().hosts("prod").size() == 3);
    world.repository("[environments.prod.services.a]\nhosts = [\"10.0.0.1\", \"evil\"]\n");
    CHECK(world.load().hosts("prod", "b").size() == 3);
    CHECK_THROWS_WITH(world.load().hosts("prod", "a"),
                      Contains("loomrel.toml:2: host root@evil is named only in a repository's"));
    world.inputs.must_go_on = true;
    CHECK(world.load().hosts("prod", "a").size() == 3);
    // Nor does a list that is none hold up who must go on.
    world.repository("[environments.prod.services.a]\nhosts = [\"10.0.0.1\", \"a b\"]\n");
    CHECK(world.load().hosts("prod", "a").size() == 3);
    CHECK(world.load().hosts("prod").size() == 3);
    world.inputs.must_go_on = false;
    CHECK_THROWS_WITH(world.load().hosts("prod"), Contains("is no host"));
}

TEST_CASE("stage's hosts may be fewer by the repository's list") {
    ConfigWorld world;
    world.env_servers("STAGE_HOST=10.0.0.1 10.0.0.2\n");
    world.repository("[environments.stage]\nhosts = [\"10.0.0.2\"]\n");
    const auto hosts = world.load().hosts("stage");
    REQUIRE(hosts.size() == 1);
    CHECK(hosts[0].address == "10.0.0.2");
    CHECK(world.load().warnings().empty());
}

TEST_CASE("the way back that a refused host is told of goes to a trusted one") {
    ConfigWorld world;
    world.repository("[environments.prod]\nhosts = [\"evil\"]\n");
    const auto mend = [&world] {
        try {
            (void)world.load().hosts("prod");
        } catch (const Error& error) {
            return error.hint().en;
        }
        return std::string();
    };
    CHECK_THAT(mend(), Contains(".env.servers: PROD_HOST=evil") && !Contains("rollback --host"));
    world.env_servers("PROD_HOST=10.0.0.1\n");
    CHECK_THAT(mend(), Contains("rollback --host root@10.0.0.1 --identity"));
    // A line of .env.servers would not count beside a trusted list.
    world.trusted("[environments.prod]\nhosts = [\"10.0.0.2\"]\n");
    CHECK_THAT(mend(),
               Contains("add it to the list: ") && Contains("loomrel/loomrel.toml:2")
                   && Contains("rollback --host root@10.0.0.2 --identity"));
}

TEST_CASE("hosts of a service that only the repository names are among its environment's") {
    ConfigWorld world;
    world.env_servers("STAGE_HOST=10.0.0.1 10.0.0.2 10.0.0.3\n");
    world.repository("[environments.stage]\nhosts = [\"10.0.0.1\"]\n"
                     "[environments.stage.services.a]\nhosts = [\"10.0.0.3\"]\n");
    CHECK(world.load().hosts("stage").size() == 2);
}

TEST_CASE("an empty list of hosts in a repository's file is no choice") {
    ConfigWorld world;
    world.env_servers("PROD_HOST=10.0.0.1\n");
    world.repository("[services.a]\nhosts = []\n");
    CHECK_THAT(world.error(),
               Contains("loomrel.toml:2: 'services.a.hosts': an empty list does not count")
                   && Contains("rollback --host root@10.0.0.1"));
    world.inputs.must_go_on = true;
    const auto config = world.load();
    REQUIRE(config.notices.size() == 1);
    CHECK(config.hosts("prod", "a").size() == 1);
}

TEST_CASE("a trusted list of hosts without the password's own host is told what to write") {
    ConfigWorld world;
    world.trusted("[environments.prod]\nhosts = [\"10.0.0.1\"]\n").env_servers("PROD_PASSWORD=p\n");
    try {
        (void)world.load().hosts("prod");
        FAIL("no error");
    } catch (const Error& error) {
        CHECK(error.code() == "secret_of_another_host");
        CHECK_THAT(error.hint().en,
                   Contains("PROD_HOST=root@10.0.0.1")
                       && Contains("loomrel rollback --host root@10.0.0.1 --identity"));
    }
    world.env_servers("PROD_HOST=10.0.0.9 10.0.0.1\nPROD_PASSWORD=p\n");
    const auto hosts = world.load().hosts("prod");
    REQUIRE(hosts.size() == 1);
    CHECK(hosts[0].password.for_place("ssh://10.0.0.1:22").reveal() == "p");
}

TEST_CASE("a file of passwords that git tracks is not read") {
    const std::string version = GENERATE(as<std::string>(), "2", "4");
    CAPTURE(version);
    ConfigWorld world;
    make_checkout(world.path());
    world.env_servers("STAGE_HOST=10.0.0.1\n");
    for (const char* name : {".env", ".env.server", ".env.servers.example", "a/.env.servers"}) {
        fs::create_directories((world.path() / name).parent_path());
        write_whole(world.path() / name, "x");
        track(world.path(), name, version);
    }
    CHECK(world.load().hosts("stage").size() == 1);
    CHECK(world.load().notices.empty());
    track(world.path(), ".env.servers", version);
    CHECK_THAT(world.error(), Contains("git tracks this file") && Contains("git rm --cached"));
    world.inputs.must_go_on = true;
    CHECK_THAT(world.load().notices.at(0).en, Contains("git tracks this file"));
    CHECK_THROWS_AS(world.load().hosts("stage"), Error);
    world.inputs.must_go_on = false;
    // Another is read; that this one is in git is said all the same.
    world.variable("LOOMREL_ENV_SERVERS", "STAGE_HOST=10.0.0.2\n");
    CHECK(world.load().hosts("stage").front().address == "10.0.0.2");
    CHECK_THAT(world.load().notices.at(0).en, Contains("git tracks this file"));
    write_whole(world.path() / ".git/index", "garbage");
    CHECK_THAT(world.load().notices.at(0).en, Contains("git tracks this file"));
}

TEST_CASE("a file of passwords is tracked under any name that its links lead to") {
    ConfigWorld world;
    const fs::path checkout = world.path() / "checkout";
    make_checkout(checkout);
    write_whole(checkout / "secrets", "STAGE_HOST=10.0.0.1\n");
    fs::permissions(checkout / "secrets", fs::perms(0600));
    fs::create_symlink("checkout/secrets", world.path() / "link");
    fs::create_symlink("link", world.path() / ".env.servers");
    CHECK(world.load().hosts("stage").size() == 1);
    track(checkout, "secrets");
    CHECK_THAT(world.error(),
               Contains("change the passwords, and take the file out of git: git -C ")
                   && Contains("/checkout rm --cached secrets && echo secrets >>"));
}

TEST_CASE("a file that nobody named and nobody can read does not hold up who must go on") {
    ConfigWorld world;
    const std::string name = GENERATE(
        as<std::string>(), "loomrel.toml", ".env.servers", "home/.config/loomrel/loomrel.toml");
    CAPTURE(name);
    const fs::path file = world.path() / name;
    fs::create_directories(file.parent_path());
    if (GENERATE(true, false)) {
        fs::create_directory(file);
    } else {
        fs::create_symlink(file.filename(), file); // a loop
    }
    CHECK_THAT(world.error(), Contains("cannot be read"));
    world.inputs.must_go_on = true;
    const auto config = world.load();
    REQUIRE(config.notices.size() == 1);
    CHECK_THAT(config.notices[0].en, Contains("cannot be read"));
    // What was asked for by name is not passed over.
    (name == ".env.servers" ? world.inputs.env_file_flag : world.inputs.config_flag) = name;
    CHECK_THAT(world.error(), Contains("cannot be read"));
}

TEST_CASE("the trusted side's files belong to us, and nobody else writes them") {
    ConfigWorld world;
    world.trusted("language = \"en\"\n");
    const fs::path file = world.path() / "home/.config/loomrel/loomrel.toml";
    fs::permissions(file, fs::perms(0666));
    CHECK_THAT(world.error(), Contains("others can write the file") && Contains("chmod go-w"));
    world.variable("CI", "true");
    CHECK(world.load().notices.size() == 1);
    world.variable("CI", "");
    world.inputs.must_go_on = true;
    CHECK(world.load().notices.size() == 1);
    world.inputs.must_go_on = false;
    fs::permissions(file, fs::perms(0660)); // one's own group
    CHECK(world.error().empty());
}

TEST_CASE("where runs and their logs lie on a host is a path from /") {
    ConfigWorld world;
    const std::string key = GENERATE(as<std::string>(), "state_dir", "log_root");
    world.toml("[deploy]\n" + key + " = \"state\"\n");
    CHECK_THAT(world.error(), Contains("'deploy." + key + "': an absolute path is wanted"));
    world.toml("[deploy]\n" + key + " = \"/state\"\n");
    CHECK(world.error().empty());
    world.toml("[deploy]\n" + key + " = \"\"\n"); // the default
    CHECK(world.error().empty());
}

TEST_CASE("the store's password goes to the ledger that is named beside it") {
    ConfigWorld world;
    world.env_servers("LOOMREL_STORE=postgresql://u@here/d\nLOOMREL_STORE_PASSWORD=first\n");
    CHECK(world.load().store.password.for_place("postgresql://u@here/d").reveal() == "first");
    world.inputs.store_flag = "postgresql://u@there/d";
    CHECK(world.load().store.password.empty());
    // Named beside none, it is for whichever the trusted side names.
    world.env_servers("LOOMREL_STORE_PASSWORD=alone\n");
    CHECK(world.load().store.password.for_place("postgresql://u@there/d").reveal() == "alone");
    world.inputs.store_flag = "https://there/api";
    CHECK(world.load().store.password.empty());
    // Nor does the process's go to another than the process names.
    world.variable("LOOMREL_STORE", "postgresql://u@here/d");
    world.variable("LOOMREL_STORE_PASSWORD", "of-here");
    world.env_servers("");
    world.inputs.store_flag = "postgresql://u@there/d";
    CHECK(world.load().store.password.empty());
    world.inputs.store_flag.reset();
    CHECK(world.load().store.password.for_place("postgresql://u@here/d").reveal() == "of-here");
}

TEST_CASE("places are compared as they are connected to") {
    CHECK(place_of_url("https://API.telegram.org") == "https://api.telegram.org:443");
    CHECK(place_of_url("http://[fd00::1]:80/x?y") == "http://[fd00::1]:80");
    for (const char* odd : {"https://u@h",
                            "https://u:p@h",
                            "ftp://h",
                            "https://",
                            "https://h:0",
                            "https://h:99999",
                            "https://a b",
                            "https://h\\@evil",
                            "//h",
                            "h"}) {
        INFO(odd);
        CHECK(place_of_url(odd).empty());
    }
    const BoundSecret none(Secret("x"), {""});
    CHECK_THROWS_AS(none.for_place(""), Error);
    CHECK(BoundSecret().for_place("anywhere").empty());
}

TEST_CASE("whoever must go on is told of mistakes in his own files, and gets the rest") {
    ConfigWorld world;
    world.env_servers("PROD_HOST=10.0.0.1\nno line\nAn-na_HOST=10.0.0.2\nan_na_HOST=10.0.0.3\n"
                      "STAGE_HOST=root:secret@10.0.0.4\nQUOTE=\"open\nB_HOST=10.0.0.5\n");
    world.trusted("[bogus]\nx = 1\n[deploy]\nkeep_capsules = 7\nstate_dir = \"relative\"\n"
                  "[store]\nurl = \"postgresql://a:b@10.0.0.1/x\"\n");
    world.variable("LOOMREL_LANG", "de");
    CHECK_FALSE(world.error().empty());
    world.inputs.must_go_on = true;
    const auto config = world.load();
    CHECK(config.notices.size() == 8);
    CHECK(config.hosts("prod").front().address == "10.0.0.1");
    CHECK(config.developer("b").has_value());
    CHECK(config.deploy("a", "prod").keep_capsules == 7);
    CHECK(config.deploy("a", "prod").lacks_trusted_file);
    // Nothing is told to a ledger that was not meant.
    CHECK(config.store.url == "unreadable:");
    CHECK_FALSE(config.store.embedded);
    world.variable("LOOMREL_STORE", "nonsense").trusted("no toml");
    CHECK(world.load().store.url == "unreadable:");
    CHECK(world.load().deploy("a", "prod").lacks_trusted_file);
    world.variable("LOOMREL_STORE", "");
    CHECK(world.load().store.url == "unreadable:");
}
