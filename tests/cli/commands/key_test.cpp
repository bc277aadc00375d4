#include "lib/store/server_ledger.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/process.hpp"
#include "tests/support/text.hpp"

#include <nlohmann/json.hpp>

using namespace loomrel;
using cli::ExitCode;
using nlohmann::json;
using test::CommandWorld;
using test::has;

namespace {

// Over a database of its own: keys are kept nowhere else.
struct KeyWorld : CommandWorld {
    test::TempFolder folder;

    KeyWorld() {
        config.store.url = "sqlite://" + (folder.path() / "ledger.db").string();
        outside.open_store = store::open_store;
        config.telegram.approvers = {11111, 22222};
        outside.environment["USER"] = "anya";
    }

    std::unique_ptr<store::ServerLedger> database() const {
        return store::open_server_ledger({config.store.url, Secret()});
    }

    std::string code_of_error() { return json::parse(io.out_text).at("error").at("code"); }
};

} // namespace

TEST_CASE("key create shows the key once, and the ledger knows it from then on") {
    KeyWorld world;
    CHECK(world.run({"key", "create", "ci-stage", "--scope", "stage", "--json"}) == ExitCode::ok);
    const json made = json::parse(world.io.out_text);
    CHECK(made.size() == 2);
    CHECK(made.at("name") == "ci-stage");
    const Secret key(made.at("key").get<std::string>());
    const auto found = world.database()->find_key(store::digest_of(key));
    REQUIRE(found);
    CHECK(found->name == "ci-stage");
    CHECK(found->scope == store::Scope::stage);
    CHECK(found->created_by == "anya");
    CHECK(world.run({"key", "list", "--json"}) == ExitCode::ok);
    CHECK_FALSE(has(world.io.out_text, key.reveal()));
    const json listed = json::parse(world.io.out_text).at("keys");
    REQUIRE(listed.size() == 1);
    CHECK(listed[0].at("state") == "in_force");
    CHECK(listed[0].at("services") == json::array());
    CHECK_FALSE(listed[0].contains("digest"));
    // For a pipe the key alone; what to do with it is for people.
    CHECK(world.run({"key", "create", "other", "--scope", "read"}) == ExitCode::ok);
    CHECK(store::has_form_of_key(world.io.out_text.substr(0, world.io.out_text.size() - 1)));
    CHECK(has(world.io.err_text, "LOOM_INTERSERVER_SECRET_KEY"));
}

TEST_CASE("key create holds services, an approver and an end") {
    KeyWorld world;
    CHECK(world.run({"key",
                     "create",
                     "ci",
                     "--scope",
                     "prod",
                     "--service",
                     "a",
                     "--service",
                     "b",
                     "--expires",
                     "90d"})
          == ExitCode::ok);
    CHECK(world.run({"key", "create", "boris", "--approver", "22222"}) == ExitCode::ok);
    const auto keys = world.database()->list_keys();
    REQUIRE(keys.size() == 2);
    CHECK(keys[0].approver_id == 22222);
    CHECK(keys[0].scope == store::Scope::read);
    CHECK(keys[1].services == std::vector<std::string>{"a", "b"});
    REQUIRE(keys[1].expires_at);
    const auto holds = *keys[1].expires_at - keys[1].created_at;
    CHECK(holds > std::chrono::hours(24 * 90 - 1));
    CHECK(holds < std::chrono::hours(24 * 90 + 1));
}

TEST_CASE("key create refuses what makes no key") {
    KeyWorld world;
    const auto refused = [&](std::vector<std::string> words, const std::string& code) {
        words.insert(words.begin(), {"key", "create", "--json"});
        const ExitCode exit = world.run(words);
        CAPTURE(words, world.io.out_text);
        CHECK(world.code_of_error() == code);
        return exit;
    };
    CHECK(refused({"interserver", "--scope", "all"}, "bad_key_name") == ExitCode::usage);
    CHECK(refused({"Ci", "--scope", "all"}, "bad_key_name") == ExitCode::usage);
    CHECK(refused({"ci"}, "scope_missing") == ExitCode::usage);
    CHECK(refused({"ci", "--scope", "prod", "--approver", "11111"}, "approver_only_reads")
          == ExitCode::usage);
    CHECK(refused({"ci", "--approver", "33333"}, "not_an_approver") == ExitCode::refused);
    for (const char* never : {"0d", "-1d", "soon", "d", "90", "36501d"}) {
        CHECK(refused({"ci", "--scope", "all", "--expires", never}, "bad_expires")
              == ExitCode::usage);
    }
    CHECK(world.run({"key", "create", "ci", "--scope", "all", "--service", "../x", "--json"})
          == ExitCode::usage);
    CHECK(world.run({"key", "create", "ci", "--scope", "all", "--dry-run"}) == ExitCode::ok);
    CHECK(world.database()->list_keys().empty());
}

TEST_CASE("a key is exchanged by a second one of its name, which may not be for something else") {
    KeyWorld world;
    const auto create = [&](const char* scope) {
        return world.run({"key", "create", "ci", "--scope", scope, "--json"});
    };
    CHECK(create("stage") == ExitCode::ok);
    const Secret first(json::parse(world.io.out_text).at("key").get<std::string>());
    CHECK(create("prod") == ExitCode::refused);
    CHECK(world.code_of_error() == "key_differs");
    CHECK(world.run({"key", "create", "ci", "--scope", "stage"}) == ExitCode::ok);
    CHECK(has(world.io.err_text, "key revoke ci --older"));
    CHECK(world.run({"key", "revoke", "ci", "--older", "--dry-run"}) == ExitCode::ok);
    CHECK(world.database()->find_key(store::digest_of(first)));
    CHECK(world.run({"key", "revoke", "ci", "--older", "--json"}) == ExitCode::ok);
    CHECK(json::parse(world.io.out_text).at("revoked") == 1);
    CHECK_FALSE(world.database()->find_key(store::digest_of(first)));
    CHECK(world.run({"key", "revoke", "ci", "--older", "--json"}) == ExitCode::refused);
    CHECK(world.code_of_error() == "key_unknown");
    CHECK(world.run({"key", "revoke", "ci"}) == ExitCode::ok);
    CHECK(world.run({"key", "revoke", "ci", "--json"}) == ExitCode::refused);
    CHECK(create("prod") == ExitCode::ok);
}

TEST_CASE("keys are kept in a database only") {
    CommandWorld world;
    world.config.store.url = "https://host/api/tg-bot";
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"key", "create", "ci", "--scope", "all", "--json"},
          std::vector<std::string>{"key", "list", "--json"},
          std::vector<std::string>{"key", "revoke", "ci", "--json"}}) {
        CHECK(world.run(words) == ExitCode::usage);
        CHECK(json::parse(world.io.out_text).at("error").at("code") == "key_needs_database");
    }
}

TEST_CASE("key list is a table for people and lines for a pipe") {
    KeyWorld world;
    (void)world.run({"key", "create", "ci-stage", "--scope", "stage", "--service", "loom-content"});
    (void)world.run({"key", "create", "boris", "--approver", "22222"});
    (void)world.run({"key", "create", "old", "--scope", "all"});
    (void)world.run({"key", "revoke", "old"});
    test::run_program({"sqlite3",
                       (world.folder.path() / "ledger.db").string(),
                       "UPDATE api_keys SET created_at = '2024-03-15 14:30:00'"});
    for (const char* language : {"ru", "en"}) {
        world.io.out_tty = true;
        CHECK(world.run({"key", "list", "--lang", language}) == ExitCode::ok);
        test::check_golden("key_list_terminal_" + std::string(language), world.io.out_text);
    }
    world.io.out_tty = false;
    CHECK(world.run({"key", "list"}) == ExitCode::ok);
    test::check_golden("key_list_pipe", world.io.out_text);
}
