#include "lib/operations/stage_sight.hpp"
#include "tests/lib/operations/host_world.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/text.hpp"

using namespace loomrel;
using namespace loomrel::test;
using What = operations::StageSight::What;

TEST_CASE("a look at stage tells the release's commit from any other, and from silence") {
    HostWorld world;
    auto& release = world.release_of("v1.0.0", "building");
    (void)world.run_untold(release, "stage");
    const auto look = [&] { return operations::look_at_stage(world.context, release); };
    CHECK(look().what == What::same);
    // The tag was moved: its name is still what serves, its commit is not.
    release.commit_sha = std::string(40, 'f');
    const auto moved = look();
    CHECK(moved.what == What::other);
    CHECK(moved.serves == world.host.serves());
    const auto& newer = world.release_of("v1.1.0", "building");
    const auto other = operations::look_at_stage(world.context, newer);
    CHECK(other.what == What::other);
    CHECK(other.serves == "v1.0.0");
    world.is_away = true;
    const auto silent = look();
    CHECK(silent.what == What::silent);
    CHECK(has(silent.reason, "host.test"));
}

TEST_CASE("stage is looked at by whoever can log in there") {
    HostWorld world;
    CHECK(operations::can_look_at_stage(world.config, "api"));
    world.load_config(world.host.toml(), "STAGE_HOST=host.test\n");
    CHECK_FALSE(operations::can_look_at_stage(world.config, "api"));
    world.load_config(world.host.toml(), "PROD_HOST=host.test\nPROD_PASSWORD=password\n");
    CHECK_FALSE(operations::can_look_at_stage(world.config, "api"));
    CHECK(world.logins == 0);
}
