#include "tests/lib/ssh/session.hpp"

#include <csignal>
#include <random>
#include <string>
#include <thread>

using namespace loomrel;
using namespace std::chrono_literals;
using test::Ended;
using test::Sshd;
using test::until_end;
using test::until_text;

namespace {

std::string random_bytes(std::size_t size) {
    std::mt19937_64 numbers(20240315);
    std::string bytes(size, '\0');
    for (char& byte : bytes) {
        byte = static_cast<char>(numbers());
    }
    return bytes;
}

} // namespace

TEST_CASE("A command's output, errors and exit code come back") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    const auto connection = ssh::connect(sshd.endpoint(), 10s);
    const auto channel = connection->exec("echo out; echo err >&2; exit 7", 5s);
    const Ended ended = until_end(*channel);
    CHECK(ended.out == "out\n");
    CHECK(ended.err == "err\n");
    CHECK(ended.ended);
    CHECK_FALSE(ended.lost);
    CHECK(ended.exit.code == 7);
    CHECK_FALSE(ended.exit.signal);
    CHECK(channel->poll(0ms).ended); // and stays ended
}

TEST_CASE("A command ended by a signal has the signal's name and no exit code") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    const auto connection = ssh::connect(sshd.endpoint(), 10s);
    const Ended ended = until_end(*connection->exec("kill -KILL $$", 5s));
    CHECK(ended.ended);
    CHECK_FALSE(ended.exit.code);
    CHECK(ended.exit.signal == "KILL");
}

TEST_CASE("Ten MiB of any bytes pass both ways unchanged") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    const auto connection = ssh::connect(sshd.endpoint(), 10s);
    const std::string bytes = random_bytes(10 << 20);
    const auto channel = connection->exec("cat", 5s);
    channel->write(bytes);
    channel->close_input();
    const Ended ended = until_end(*channel, 60s);
    CHECK(ended.exit.code == 0);
    CHECK(ended.out.size() == bytes.size());
    CHECK((ended.out == bytes)); // no ten MiB in the failure's text
}

TEST_CASE("A flood on standard output and error keeps its order within each") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    const auto connection = ssh::connect(sshd.endpoint(), 10s);
    const auto channel = connection->exec("seq 1 200000; seq 200001 400000 >&2", 5s);
    const Ended ended = until_end(*channel, 60s);
    std::string out;
    std::string err;
    for (int number = 1; number <= 200000; ++number) {
        out += std::to_string(number) + "\n";
        err += std::to_string(number + 200000) + "\n";
    }
    CHECK((ended.out == out));
    CHECK((ended.err == err));
}

TEST_CASE("What is written piece by piece arrives before the input is closed") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    const auto connection = ssh::connect(sshd.endpoint(), 10s);
    const auto channel =
        connection->exec("while read -r line; do echo \"<$line>\"; done; echo end", 5s);
    channel->write("one\n");
    CHECK(until_text(*channel, "<one>\n") == "<one>\n");
    channel->write("tw");
    channel->write("o\n");
    CHECK(until_text(*channel, "<two>\n") == "<two>\n");
    channel->close_input();
    channel->write("after the end\n"); // is not sent
    const Ended ended = until_end(*channel);
    CHECK(ended.out == "end\n");
    CHECK(ended.exit.code == 0);
}

TEST_CASE("A command that reads nothing does not hold up who writes to it") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    const auto connection = ssh::connect(sshd.endpoint(), 10s);
    const auto channel = connection->exec("echo ready; exec sleep 600", 5s);
    CHECK(until_text(*channel, "ready\n") == "ready\n");
    const Deadline soon = deadline_in(5s);
    channel->write(std::string(16 << 20, 'x'));
    for (int turn = 0; turn < 20; ++turn) {
        const ssh::Arrived arrived = channel->poll(20ms);
        CHECK_FALSE(arrived.ended);
        CHECK_FALSE(arrived.lost);
    }
    CHECK(left_until(soon).count() > 0);
}

TEST_CASE("A poll ends when its time has passed") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    const auto connection = ssh::connect(sshd.endpoint(), 10s);
    const auto channel = connection->exec("echo ready; exec sleep 600", 5s);
    CHECK(until_text(*channel, "ready\n") == "ready\n");
    const auto before = std::chrono::steady_clock::now();
    const ssh::Arrived arrived = channel->poll(200ms);
    const auto took = std::chrono::steady_clock::now() - before;
    CHECK(took >= 200ms);
    CHECK(took < 2s);
    CHECK_FALSE(arrived.ended);
    CHECK_FALSE(arrived.lost);
    CHECK(arrived.out.empty());
}

TEST_CASE("A child that keeps standard output holds the channel: the end waits for it") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    const auto connection = ssh::connect(sshd.endpoint(), 10s);
    const auto channel = connection->exec("(sleep 1; echo child) & exit 3", 5s);
    const Ended ended = until_end(*channel, 10s);
    CHECK(ended.ended);
    CHECK(ended.out == "child\n");
    CHECK(ended.exit.code == 3);
}

TEST_CASE("A detached child lets the channel go at once") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    const auto connection = ssh::connect(sshd.endpoint(), 10s);
    const auto channel =
        connection->exec("setsid sleep 20 </dev/null >/dev/null 2>&1 & echo $!; exit 0", 5s);
    const Ended ended = until_end(*channel, 10s);
    CHECK(ended.ended);
    CHECK(ended.exit.code == 0);
    ::kill(std::stoi(ended.out), SIGKILL);
}

TEST_CASE("Two commands at once on one connection do not mix") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    const auto connection = ssh::connect(sshd.endpoint(), 10s);
    const auto first = connection->exec("read -r line; echo \"first $line\"", 5s);
    const auto second = connection->exec("echo second; exit 2", 5s);
    const Ended second_ended = until_end(*second);
    CHECK(second_ended.out == "second\n");
    CHECK(second_ended.exit.code == 2);
    first->write("word\n");
    const Ended first_ended = until_end(*first);
    CHECK(first_ended.out == "first word\n");
    CHECK(first_ended.exit.code == 0);
}

TEST_CASE("A channel may outlive its connection's object, and be dropped while it runs") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    std::unique_ptr<ssh::Channel> channel;
    {
        const auto connection = ssh::connect(sshd.endpoint(), 10s);
        for (int turn = 0; turn < 3; ++turn) {
            connection->exec("echo dropped; sleep 600", 5s).reset();
        }
        channel = connection->exec("sleep 0.1; echo kept", 5s);
    }
    CHECK(until_end(*channel).out == "kept\n");
}

TEST_CASE("A banner before the log-in is no part of the output") {
    SKIP_WITHOUT_SSHD();
    const test::TempFolder folder;
    const std::string banner = folder.path() / "banner";
    test::write_whole(banner,
                      "\033[31mAuthorised use only\033[0m\n\x1e"
                      "nonce\n");
    const Sshd sshd({.config = {"Banner " + banner}, .host_key_types = {"ed25519"}});
    const auto connection = ssh::connect(sshd.endpoint(), 10s);
    const Ended ended = until_end(*connection->exec("echo out", 5s));
    CHECK(ended.out == "out\n");
    CHECK(ended.err.empty());
}

TEST_CASE("Noise in front of a command comes as it is") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd(
        {.config = {R"(ForceCommand printf '\033[1mnoise\000'; eval "$SSH_ORIGINAL_COMMAND")"},
         .host_key_types = {"ed25519"}});
    const auto connection = ssh::connect(sshd.endpoint(), 10s);
    const Ended ended = until_end(*connection->exec("printf 'a\\000b'", 5s));
    CHECK(ended.out == std::string("\033[1mnoise\0a\0b", 13));
}

TEST_CASE("A channel that the server closes for idleness says nothing about the command") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd({.config = {"ChannelTimeout session*=1s"}, .host_key_types = {"ed25519"}});
    const auto connection = ssh::connect(sshd.endpoint(), 10s);
    const Ended ended = until_end(*connection->exec("exec sleep 600", 5s), 20s);
    CHECK((ended.ended || ended.lost));
    CHECK_FALSE(ended.exit.code);
    CHECK_FALSE(ended.exit.signal);
}

TEST_CASE("A server that takes no sessions refuses the exec with a clear error") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd({.config = {"MaxSessions 0"}, .host_key_types = {"ed25519"}});
    const auto connection = ssh::connect(sshd.endpoint(), 10s);
    const Error error = test::error_of([&] { static_cast<void>(connection->exec("true", 5s)); });
    CHECK(error.kind() == ErrorKind::no_host);
    CHECK(test::holds(error.message().en, sshd.endpoint().shown()));
}
