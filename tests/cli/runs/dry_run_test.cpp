#include "cli/runs/dry_run.hpp"
#include "tests/lib/deploy/plans.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"
#include "tests/support/text.hpp"

#include <nlohmann/json.hpp>

using namespace loomrel;
using nlohmann::json;
using test::CommandWorld;
using test::has;
using Names = std::vector<std::string>;

namespace {

struct Planned {
    std::string environment;
    store::RunKind kind;
    Names moves;
    Names notices;
};

deploy::Plan plan_for(const Planned& planned) {
    config::DeploySettings settings = test::command_settings();
    settings.environment = planned.environment;
    deploy::Request request = test::tag_request();
    request.kind = planned.kind;
    if (planned.environment == "dev") {
        request.tag.clear();
        request.branch = "feature/x";
    }
    return test::plan_of(settings, request);
}

} // namespace

TEST_CASE("a plan tells the statuses that a good run leads through, and what people are told") {
    using store::RunKind;
    for (const Planned& planned :
         {Planned{"stage",
                  RunKind::deploy,
                  {"building", "stage_deploy", "manual_testing"},
                  {"manual_testing"}},
          Planned{"prod", RunKind::deploy, {"deploying", "deployed"}, {"deployed"}},
          Planned{"dev", RunKind::deploy, {}, {"dev"}},
          Planned{"stage", RunKind::rollback, {}, {}},
          Planned{"prod",
                  RunKind::rollback,
                  {"rollback", "rollback_done"},
                  {"rollback", "rollback_done"}}}) {
        CAPTURE(planned.environment);
        CommandWorld world;
        cli::GlobalOptions options;
        options.json = true;
        auto services = world.services(options);
        CHECK(cli::show_dry_run(services, plan_for(planned), {}) == cli::ExitCode::ok);
        const json shown = json::parse(world.io.out_text);
        CHECK(shown["moves"].get<Names>() == planned.moves);
        CHECK(shown["notices"].get<Names>() == planned.notices);
    }
}

TEST_CASE("a plan says in words which notices would be sent, or that none would") {
    CommandWorld world;
    auto services = world.services();
    (void)cli::show_dry_run(services, plan_for({"prod", store::RunKind::deploy, {}, {}}), {});
    CHECK(has(world.io.out_text, services.say(messages::Id::status_deployed_label)));
    world.io.out_text.clear();
    (void)cli::show_dry_run(services, plan_for({"stage", store::RunKind::rollback, {}, {}}), {});
    CHECK(has(world.io.out_text, services.say(messages::Id::deploy_plan_no_notices)));
}

TEST_CASE("what release dispatch would start is one object with --json, a line without") {
    CommandWorld world;
    world.config.github.owner = "LoomAI-IT";
    world.config.github.token = BoundSecret(Secret("ghp_secret"), {"https://api.github.com:443"});
    release::Release row;
    row.id = 7;
    row.service_name = "api";
    row.release_tag = "v1.2.3";
    row.status = "manual_test_passed";
    world.ledger.rows[7] = row;
    REQUIRE(world.run({"release", "dispatch", "7", "--dry-run", "--json"}) == cli::ExitCode::ok);
    const json shown = json::parse(world.io.out_text);
    CHECK(shown["dry_run"] == true);
    CHECK(shown["release_id"] == 7);
    CHECK(shown["repository"] == "LoomAI-IT/api");
    CHECK(shown["ref"] == "main");
    CHECK(shown["inputs"]["release_tag"] == "v1.2.3");
    REQUIRE(world.run({"release", "dispatch", "7", "--dry-run"}) == cli::ExitCode::ok);
    CHECK(has(world.io.out_text, "LoomAI-IT/api on-approve-manual-testing.yaml.yml ref=main"));
}
