#include "lib/operations/targets.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/operations_world.hpp"

using namespace loomrel;
using namespace loomrel::test;
namespace fs = std::filesystem;

TEST_CASE("A known_hosts that cannot be read matters only where no pin is, and by day") {
    OperationsWorld world;
    const fs::path folder = world.folder.path();
    world.config.toml_path = folder / "trusted/loomrel.toml";
    world.config.repository_toml_path = folder / "repository/loomrel.toml";
    fs::create_directories(folder / "trusted/loomrel.known_hosts"); // a folder
    config::Host host;
    host.address = "10.0.0.1";
    CHECK_THROWS_AS(operations::endpoint_of(world.context, host), Error);
    host.host_keys = {"SHA256:a"};
    CHECK(operations::endpoint_of(world.context, host).pins == host.host_keys);
    host.host_keys.clear();
    world.config.must_go_on = true;
    CHECK(operations::endpoint_of(world.context, host).known_hosts
          == folder / "repository/loomrel.known_hosts");
}
