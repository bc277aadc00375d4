#include "lib/ssh/ssh.hpp"

#include "tests/lib/ssh/session.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sshd.hpp"

#include <string>

using namespace loomrel;
using namespace std::chrono_literals;
using test::Ended;
using test::Sshd;

TEST_CASE("A command's output, errors and exit code come back") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    const auto connection = ssh::connect(sshd.endpoint(), 10s);
    const auto channel = connection->exec("echo out; echo err >&2; exit 7", 5s);
    const Ended ended = test::until_end(*channel);
    CHECK(ended.out == "out\n");
    CHECK(ended.err == "err\n");
    CHECK(ended.exit.code == 7);
    CHECK_FALSE(ended.exit.signal);
    CHECK_FALSE(ended.lost);
}
