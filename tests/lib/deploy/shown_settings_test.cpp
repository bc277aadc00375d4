#include "lib/deploy/script.hpp"
#include "lib/deploy/shown_settings.hpp"
#include "tests/lib/deploy/plans.hpp"
#include "tests/support/catch.hpp"

using namespace loomrel;
using namespace loomrel::test;

namespace {

config::DeploySettings of_repository(std::set<std::string> keys) {
    config::DeploySettings settings = command_settings();
    settings.environment = "prod";
    settings.of_repository = std::move(keys);
    return settings;
}

} // namespace

TEST_CASE("a repository's settings are proven by the record of what production runs") {
    auto settings = of_repository({"up", "current", "engine", "lock_wait", "state_dir"});
    CHECK(deploy::is_unproven(settings)); // until it has been asked
    const auto deployed = deploy::shown_settings(settings);
    deploy::keep_unproven(settings, deployed);
    CHECK_FALSE(deploy::is_unproven(settings));

    settings = of_repository({"up", "current", "engine"});
    settings.up = "./owned";
    deploy::keep_unproven(settings, deployed);
    CHECK(settings.of_repository == std::set<std::string>{"up"});
}

TEST_CASE("what a repository's file no longer says differs from the record too") {
    auto deployed = of_repository({});
    deployed.hooks.before_rollback = "drain";
    auto settings = of_repository({"hooks.before_rollback", "up"});
    deploy::keep_unproven(settings, deploy::shown_settings(deployed));
    CHECK(settings.of_repository == std::set<std::string>{"hooks.before_rollback"});
}

TEST_CASE("without a record all but defaults is unproven") {
    auto settings = of_repository({"up", "compose_file", "keep_capsules"});
    deploy::keep_unproven(settings, {});
    CHECK(settings.of_repository == std::set<std::string>{"up"});
    settings = of_repository({"compose_file", "keep_capsules"});
    deploy::keep_unproven(settings, {});
    CHECK_FALSE(deploy::is_unproven(settings));
}

TEST_CASE("a trusted file that could not be read leaves production's settings unproven") {
    auto settings = of_repository({});
    settings.lacks_trusted_file = true;
    deploy::keep_unproven(settings, deploy::shown_settings(settings));
    CHECK(deploy::is_unproven(settings));
    settings.environment = "stage"; // which trusts whoever pushes
    CHECK_FALSE(deploy::is_unproven(settings));
}
