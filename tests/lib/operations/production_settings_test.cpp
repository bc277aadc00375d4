#include "lib/deploy/shown_settings.hpp"
#include "lib/operations/production_settings.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/operations_world.hpp"
#include "tests/support/text.hpp"

using namespace loomrel;
using namespace loomrel::test;

namespace {

// A configuration that a repository's file makes, as a branch has it.
struct RepositoryWorld : OperationsWorld {
    RepositoryWorld() { have("state_dir = \"/srv/state\"\nup = \"./up\"\n"); }

    void have(const std::string& keys) {
        write_whole(folder.path() / "loomrel.toml",
                    "[deploy]\nengine = \"command\"\ncurrent = \"true\"\n" + keys
                        + "[services.api]\nhealth = \"none\"\n");
        config::Inputs inputs;
        inputs.environment = {{"LOOMREL_LANG", "en"},
                              {"LOOMREL_STORE", "sqlite:///ledger.db"},
                              {"LOOMREL_ENV_SERVERS", "PROD_HOST=host.test\n"}};
        inputs.working_directory = folder.path();
        config = config::Config::load(inputs);
    }

    // Production was deployed with the settings as they stand; gives the run.
    store::Run& deployed() {
        store::Run run;
        run.id = "run-1";
        run.service = "api";
        run.environment = "prod";
        run.ended_at = ledger.time;
        run.outcome = store::RunOutcome::good;
        run.settings = deploy::shown_settings(config.deploy("api", "prod"));
        ledger.runs.push_back(run);
        return ledger.runs.back();
    }

    config::DeploySettings settings() {
        return operations::ProductionSettings(context, console).of("api", "prod");
    }
};

} // namespace

TEST_CASE("a repository's file has its word on production's hosts as far as a deploy had it") {
    RepositoryWorld world;
    SECTION("what was deployed is proven") {
        world.deployed();
        const auto settings = world.settings();
        CHECK_FALSE(deploy::is_unproven(settings));
        CHECK(settings.state_dir == "/srv/state");
        CHECK(world.console.notes.empty());
        CHECK(world.opened == std::vector{operations::Purpose::production});
    }
    SECTION("what a branch changed since is not, and is named") {
        world.deployed();
        world.have("state_dir = \"/srv/state\"\nup = \"./owned\"\n");
        const auto settings = world.settings();
        CHECK(settings.of_repository == std::set<std::string>{"up"});
        CHECK(settings.state_dir == "/srv/state");
        REQUIRE(world.console.notes.size() == 1);
        CHECK(has(world.console.notes.front(), "up"));
    }
    SECTION("nothing is where no deploy is known") {
        CHECK(deploy::is_unproven(world.settings()));
        CHECK(world.settings().state_dir.empty());
    }
    SECTION("nothing is where the ledger is away") {
        world.deployed();
        world.ledger.broken = Error(ErrorKind::ledger, "ledger_away", {"нет", "no answer"});
        CHECK(deploy::is_unproven(world.settings()));
    }
    SECTION("what a host was found to have done is nobody's word") {
        world.deployed().source = "host";
        CHECK(deploy::is_unproven(world.settings()));
    }
    SECTION("stage trusts whoever pushes, and no ledger is asked") {
        const auto stage =
            operations::ProductionSettings(world.context, world.console).of("api", "stage");
        CHECK_FALSE(deploy::is_unproven(stage));
        CHECK(world.opened.empty());
    }
}

TEST_CASE("a run is followed where it was started, or not at all") {
    RepositoryWorld world;
    store::Run run = world.deployed();
    const auto follow = [&] {
        return refusal_of(
            [&] { (void)operations::ProductionSettings(world.context, world.console).of(run); });
    };
    CHECK(follow().empty());
    world.have("state_dir = \"/tmp/owned\"\nup = \"./up\"\n");
    CHECK(follow() == "settings_differ");
    world.have("up = \"./up\"\n"); // it lies where the file said before
    CHECK(follow() == "settings_differ");
    world.have("state_dir = \"/srv/state\"\nup = \"./owned\"\n");
    CHECK(follow().empty());
}
