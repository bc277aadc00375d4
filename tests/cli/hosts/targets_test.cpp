#include "cli/hosts/targets.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"
#include "tests/support/process.hpp"

using namespace loomrel;
using namespace loomrel::test;
namespace fs = std::filesystem;

TEST_CASE("A known_hosts that cannot be read matters only where no pin is, and by day") {
    const TempFolder folder;
    CommandWorld world;
    world.config.toml_path = folder.path() / "trusted/loomrel.toml";
    world.config.repository_toml_path = folder.path() / "repository/loomrel.toml";
    fs::create_directories(folder.path() / "trusted/loomrel.known_hosts"); // a folder
    config::Host host;
    host.address = "10.0.0.1";
    {
        auto services = world.services();
        CHECK_THROWS_AS(cli::endpoint_of(services, host), Error);
        host.host_keys = {"SHA256:a"};
        CHECK(cli::endpoint_of(services, host).pins == host.host_keys);
        host.host_keys.clear();
    }
    world.config.must_go_on = true;
    auto services = world.services();
    CHECK(cli::endpoint_of(services, host).known_hosts
          == folder.path() / "repository/loomrel.known_hosts");
}

TEST_CASE("Without a configuration whoever must go on still goes on") {
    CommandWorld world;
    world.config_broken = Error(ErrorKind::config, "broken", Phrase{"x", "x"});
    auto services = world.services();
    services.must_go_on();
    services.do_without_config();
    CHECK(services.config().must_go_on);
}
