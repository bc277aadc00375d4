#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"

using namespace loomrel;
using namespace loomrel::test;
using Catch::Matchers::Contains;
using Purpose = cli::Services::Purpose;

namespace {

std::string refusal(CommandWorld& world, Purpose purpose) {
    auto services = world.services();
    try {
        (void)services.open_another_store(purpose);
        (void)services.store(purpose);
    } catch (const Error& error) {
        return error.code() + ": " + error.hint().en;
    }
    return "";
}

} // namespace

TEST_CASE("production believes a ledger that is named or, where nobody could, the embedded one") {
    CommandWorld world;
    world.config.store.embedded = true;
    CHECK(refusal(world, Purpose::production).empty());
    world.config.has_trusted_side = true;
    CHECK_THAT(refusal(world, Purpose::production),
               Contains("ledger_not_named") && Contains("LOOMREL_STORE=sqlite:///ledger.db"));
    CHECK(refusal(world, Purpose::releases).empty());
    CHECK(refusal(world, Purpose::looking).empty());
    world.config.in_ci = true;
    CHECK_THAT(refusal(world, Purpose::releases), Contains("no_store"));
    CHECK(refusal(world, Purpose::looking).empty());
    world.config.store.embedded = false;
    CHECK(refusal(world, Purpose::production).empty());
}

TEST_CASE("prod-deploy --older is a person's word at a terminal, and says what to type there") {
    CommandWorld world;
    std::vector<std::string> words{
        "prod-deploy", "--service", "a", "--tag", "v1.0.0", "--release-id", "1", "--older"};
    const bool ci = GENERATE(false, true);
    world.io.prompts = ci;
    if (ci) {
        world.outside.environment["CI"] = "true";
    }
    CHECK(world.run(words) == cli::ExitCode::refused);
    CHECK_THAT(world.io.err_text,
               Contains("loomrel prod-deploy --service a --tag v1.0.0 --release-id 1 --older"));
    CHECK(world.ledger.opened == 0);
}

TEST_CASE("a ledger that was opened for looking is no ledger for production") {
    CommandWorld world;
    world.config.store.embedded = true;
    world.config.has_trusted_side = true;
    auto services = world.services();
    (void)services.store(Purpose::releases);
    CHECK_THROWS_AS(services.store(Purpose::production), Error);
}

TEST_CASE("commands that touch production refuse a ledger that nobody named") {
    CommandWorld world;
    world.config.store.embedded = true;
    world.config.has_trusted_side = true;
    const std::vector<std::string> words = GENERATE(values<std::vector<std::string>>({
        {"prod-deploy", "--service", "a", "--tag", "v1.0.0", "--release-id", "1"},
        {"release", "dispatch", "1", "--yes"},
        {"serve"},
    }));
    CAPTURE(words);
    world.config.github.token =
        BoundSecret(Secret("ghp_secret"), {place_of_url(world.config.github.api_url)});
    world.config.github.owner = "example";
    CHECK(world.run(words) == cli::ExitCode::usage);
    CHECK(world.ledger.opened <= 1); // at most to look the release up
}

TEST_CASE("Without a configuration whoever must go on still goes on") {
    CommandWorld world;
    world.config_broken = Error(ErrorKind::config, "broken", Phrase{"x", "x"});
    auto services = world.services();
    services.must_go_on();
    services.do_without_config();
    CHECK(services.config().must_go_on);
}
