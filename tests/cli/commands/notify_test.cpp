#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"
#include "tests/support/text.hpp"

using namespace loomrel;
using cli::ExitCode;
using test::CommandWorld;
using test::has;

TEST_CASE(
    "a message handed to a server is the server's to send: Telegram was not asked from here") {
    CommandWorld world;
    CHECK(world.run({"notify", "hello"}) == ExitCode::ok);
    CHECK(world.ledger.notices.size() == 1);
    CHECK(has(world.io.err_text, "The release server has the message"));
    CHECK_FALSE(has(world.io.err_text, "Telegram"));
}
