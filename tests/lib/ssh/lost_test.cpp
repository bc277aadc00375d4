#include "tests/lib/ssh/session.hpp"
#include "tests/support/fault_proxy.hpp"

#include <csignal>
#include <string>

using namespace loomrel;
using namespace std::chrono_literals;
using test::Ended;
using test::FaultProxy;
using test::Sshd;
using test::until_end;
using test::until_text;

namespace {

// Through the proxy, knowing the host by its key alone.
ssh::Endpoint through(const FaultProxy& proxy, const Sshd& sshd) {
    ssh::Endpoint endpoint = sshd.endpoint();
    endpoint.port = proxy.port();
    endpoint.pins = {sshd.fingerprint()};
    return endpoint;
}

std::string numbers(int last) {
    std::string text;
    for (int number = 1; number <= last; ++number) {
        text += std::to_string(number) + "\n";
    }
    return text;
}

} // namespace

TEST_CASE("A connection killed on the server's side is lost, and the outcome unknown") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    const auto connection = ssh::connect(sshd.endpoint(), 10s);
    const auto channel = connection->exec("echo ready; exec sleep 600", 5s);
    CHECK(until_text(*channel, "ready\n") == "ready\n");
    for (const pid_t pid : test::descendants_of(sshd.pid())) {
        ::kill(pid, SIGKILL);
    }
    const Ended ended = until_end(*channel, 10s);
    CHECK(ended.lost);
    CHECK_FALSE(ended.ended);
    CHECK_FALSE(ended.exit.code);
    CHECK_FALSE(ended.exit.signal);
    channel->write("to nobody"); // neither throws nor kills by SIGPIPE
    channel->close_input();
    CHECK(channel->poll(0ms).lost);
    CHECK(test::error_of([&] { static_cast<void>(connection->exec("true", 2s)); }).kind()
          == ErrorKind::no_host);
}

TEST_CASE("What came before the link was cut is not lost with it") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    const auto connection = ssh::connect(sshd.endpoint(), 10s);
    const auto channel = connection->exec("seq 1 5000; kill -KILL $PPID; sleep 600", 5s);
    const Ended ended = until_end(*channel, 10s);
    CHECK(ended.lost);
    CHECK_FALSE(ended.ended);
    // sshd may die before it has passed everything on; what did come is whole and in order.
    CHECK(numbers(5000).starts_with(ended.out));
}

TEST_CASE("A status told ahead of the end is no end if the link is lost in between") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    const auto connection = ssh::connect(sshd.endpoint(), 10s);
    // The shell ends at once; what it leaves holds the output open.
    const auto channel = connection->exec("sleep 600 & echo ready", 5s);
    CHECK(until_text(*channel, "ready\n") == "ready\n");
    const ssh::Arrived nothing = channel->poll(500ms);
    CHECK_FALSE(nothing.ended);
    CHECK_FALSE(channel->exit().code);
    for (const pid_t pid : test::descendants_of(sshd.pid())) {
        ::kill(pid, SIGKILL);
    }
    CHECK(until_end(*channel, 10s).lost);
    CHECK_FALSE(channel->exit().code);
}

TEST_CASE("A frozen server is neither ended nor lost: polls go on ending in time") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    const auto connection = ssh::connect(sshd.endpoint(), 10s);
    const auto channel = connection->exec("echo ready; exec sleep 600", 5s);
    CHECK(until_text(*channel, "ready\n") == "ready\n");
    for (const pid_t pid : test::descendants_of(sshd.pid())) {
        ::kill(pid, SIGSTOP);
    }
    // More than the socket takes: sending must not block either.
    channel->write(std::string(8 << 20, 'x'));
    const auto before = std::chrono::steady_clock::now();
    for (int turn = 0; turn < 5; ++turn) {
        const ssh::Arrived arrived = channel->poll(100ms);
        CHECK_FALSE(arrived.ended);
        CHECK_FALSE(arrived.lost);
    }
    CHECK(std::chrono::steady_clock::now() - before < 3s);
    const Error error = test::error_of([&] { static_cast<void>(connection->exec("true", 300ms)); });
    CHECK(error.kind() == ErrorKind::no_host);
    CHECK(std::chrono::steady_clock::now() - before < 5s);
}

TEST_CASE("One-byte slices change nothing") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    FaultProxy proxy(sshd.port(), {"--slice", "1"});
    const auto connection = ssh::connect(through(proxy, sshd), 20s);
    const auto channel = connection->exec("cat; seq 1 3000; echo end >&2; exit 5", 20s);
    channel->write(std::string("a\0b\n", 4));
    channel->close_input();
    const Ended ended = until_end(*channel, 60s);
    CHECK((ended.out == std::string("a\0b\n", 4) + numbers(3000)));
    CHECK(ended.err == "end\n");
    CHECK(ended.exit.code == 5);
    CHECK(proxy.count("down") > 5000);
}

TEST_CASE("A reset at any point is an error or a lost link, never a wrong or a false end") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    FaultProxy proxy(sshd.port());
    const ssh::Endpoint endpoint = through(proxy, sshd);
    const std::string whole = numbers(2000);
    int complete = 0;
    int lost = 0;
    int refused = 0;
    for (int limit = 0; limit < 16 * 1024; limit += 1024) {
        CAPTURE(limit);
        proxy.tell("reset-after " + std::to_string(limit) + " down");
        try {
            const auto connection = ssh::connect(endpoint, 10s);
            const auto channel = connection->exec("seq 1 2000", 10s);
            const Ended ended = until_end(*channel, 10s);
            CHECK(ended.ended != ended.lost);
            if (ended.exit.code == 0) {
                CHECK((ended.out == whole));
            } else {
                CHECK(whole.starts_with(ended.out));
            }
            ++(ended.ended ? complete : lost);
        } catch (const Error& error) {
            CHECK(error.code() == "host_unreachable");
            ++refused;
        }
    }
    CHECK(refused > 0);
    CHECK(lost > 0);
    CHECK(complete > 0); // the last limits are beyond the end
    CHECK(proxy.count("resets") >= refused + lost);
}

TEST_CASE("Replies that never arrive end at the deadline") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    FaultProxy proxy(sshd.port());
    const auto connection = ssh::connect(through(proxy, sshd), 10s);
    proxy.tell("swallow on");
    const auto before = std::chrono::steady_clock::now();
    const Error error = test::error_of([&] { static_cast<void>(connection->exec("true", 500ms)); });
    CHECK(error.kind() == ErrorKind::no_host);
    CHECK(error.code() == "host_unreachable");
    CHECK(std::chrono::steady_clock::now() - before < 3s);
    CHECK(proxy.count("swallowed") > 0);
}

TEST_CASE("A link that comes back goes on where it was") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    FaultProxy proxy(sshd.port());
    const auto connection = ssh::connect(through(proxy, sshd), 10s);
    const auto channel = connection->exec("read -r line; seq 1 2000; echo $line", 10s);
    proxy.tell("blackhole on");
    channel->write("word\n");
    const ssh::Arrived nothing = channel->poll(300ms);
    CHECK(nothing.out.empty());
    CHECK_FALSE(nothing.lost);
    proxy.tell("blackhole off");
    CHECK((until_end(*channel).out == numbers(2000) + "word\n"));
}
