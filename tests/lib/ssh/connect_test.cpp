#include "lib/ssh/connect.hpp"
#include "tests/lib/ssh/session.hpp"
#include "tests/support/fault_proxy.hpp"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

using namespace loomrel;
using namespace std::chrono_literals;
using test::error_of;
using test::FaultProxy;
using test::holds;
using test::Sshd;
using test::until_end;

namespace {

ssh::Resolver gives(std::vector<std::string> addresses) {
    return [addresses](const std::string&, Deadline) { return addresses; };
}

int connect_to(const char* host, std::uint16_t port, int flags = 0) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    ::inet_pton(AF_INET, host, &address.sin_addr);
    static_cast<void>(
        ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)));
    return socket;
}

// 127.0.0.2 at this port swallows who comes: its queue of newcomers is full, and the kernel
// answers no more of them.
class BlackHole {
public:
    explicit BlackHole(std::uint16_t port) {
        m_sockets.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        ::inet_pton(AF_INET, "127.0.0.2", &address.sin_addr);
        REQUIRE(::bind(m_sockets[0], reinterpret_cast<const sockaddr*>(&address), sizeof(address))
                == 0);
        REQUIRE(::listen(m_sockets[0], 0) == 0);
        for (int newcomer = 0; newcomer < 4; ++newcomer) {
            m_sockets.push_back(connect_to("127.0.0.2", port, SOCK_NONBLOCK));
        }
    }

    ~BlackHole() {
        for (const int socket : m_sockets) {
            ::close(socket);
        }
    }

    BlackHole(const BlackHole&) = delete;
    BlackHole& operator=(const BlackHole&) = delete;

private:
    std::vector<int> m_sockets;
};

int socket_to(std::uint16_t port) {
    for (int number = 3; number < 1024; ++number) {
        sockaddr_in peer{};
        socklen_t size = sizeof(peer);
        if (::getpeername(number, reinterpret_cast<sockaddr*>(&peer), &size) == 0
            && peer.sin_family == AF_INET && ntohs(peer.sin_port) == port) {
            return number;
        }
    }
    return -1;
}

int option(int socket, int level, int name) {
    int value = 0;
    socklen_t size = sizeof(value);
    ::getsockopt(socket, level, name, &value, &size);
    return value;
}

} // namespace

TEST_CASE("An endpoint is shown with user, host and port, IPv6 in brackets") {
    ssh::Endpoint endpoint;
    endpoint.host = "192.168.1.30";
    CHECK(endpoint.shown() == "root@192.168.1.30:22");
    endpoint.user = "deploy";
    endpoint.host = "fe80::1";
    endpoint.port = 2222;
    CHECK(endpoint.shown() == "deploy@[fe80::1]:2222");
}

TEST_CASE("The library's version is numbers and points") {
    const std::string version = ssh::library_version();
    CHECK(version.find_first_not_of("0123456789.") == std::string::npos);
    CHECK(version.starts_with("0."));
}

TEST_CASE("A dead first address does not hide a live second one") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    // Nobody listens at 127.0.0.3: refused at once. ::1 may not even exist.
    const auto connection =
        ssh::connect_with(sshd.endpoint(), 10s, gives({"::1", "127.0.0.3", "127.0.0.1"}));
    CHECK(until_end(*connection->exec("echo here", 5s)).out == "here\n");
}

TEST_CASE("An address that swallows everything takes only its share of the time") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    const BlackHole hole(sshd.port());
    const auto before = std::chrono::steady_clock::now();
    const auto connection =
        ssh::connect_with(sshd.endpoint(), 4s, gives({"127.0.0.2", "127.0.0.1"}));
    const auto took = std::chrono::steady_clock::now() - before;
    CHECK(took > 1500ms); // it really swallowed
    CHECK(took < 4s);
}

TEST_CASE("When every address fails, the error names each with its reason") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    const BlackHole hole(sshd.port());
    const Error error = error_of([&] {
        static_cast<void>(
            ssh::connect_with(sshd.endpoint(), 1s, gives({"127.0.0.3", "127.0.0.2"})));
    });
    CHECK(error.kind() == ErrorKind::no_host);
    CHECK(error.code() == "host_unreachable");
    CHECK(holds(error.message().en, sshd.endpoint().shown()));
    CHECK(holds(error.message().en, "127.0.0.3: "));
    CHECK(holds(error.message().en, "refused"));
    CHECK(holds(error.message().en, "127.0.0.2: no answer in time"));
    CHECK(holds(error.message().ru, "127.0.0.2: не ответил вовремя"));
    CHECK(holds(error.hint().en, "ssh -v -p " + std::to_string(sshd.port())));
}

TEST_CASE("localhost is resolved, whatever comes first") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    ssh::Endpoint endpoint = sshd.endpoint();
    endpoint.host = "localhost";
    endpoint.pins = {sshd.fingerprint()};
    CHECK(until_end(*ssh::connect(endpoint, 10s)->exec("true", 5s)).exit.code == 0);
}

TEST_CASE("A name that does not exist is an unreachable host") {
    ssh::Endpoint endpoint;
    endpoint.host = "no-such-host.invalid";
    const Deadline deadline = deadline_in(25s);
    const Error error = error_of([&] { static_cast<void>(ssh::connect(endpoint, 20s)); });
    CHECK(error.kind() == ErrorKind::no_host);
    CHECK(error.code() == "host_unreachable");
    CHECK(holds(error.message().en, "no-such-host.invalid"));
    CHECK(left_until(deadline).count() > 0);
}

TEST_CASE("A frozen sshd ends at the deadline, not later") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    ::kill(sshd.pid(), SIGSTOP);
    const auto before = std::chrono::steady_clock::now();
    const Error error = error_of([&] { static_cast<void>(ssh::connect(sshd.endpoint(), 700ms)); });
    const auto took = std::chrono::steady_clock::now() - before;
    CHECK(error.code() == "host_unreachable");
    CHECK(took >= 700ms);
    CHECK(took < 3s);
}

TEST_CASE("A server that never says who it is is unreachable by the deadline") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    FaultProxy proxy(sshd.port(), {"--blackhole", "on"});
    ssh::Endpoint endpoint = sshd.endpoint();
    endpoint.port = proxy.port();
    const auto before = std::chrono::steady_clock::now();
    CHECK(error_of([&] { static_cast<void>(ssh::connect(endpoint, 500ms)); }).code()
          == "host_unreachable");
    CHECK(std::chrono::steady_clock::now() - before < 3s);
}

TEST_CASE("A server that drops newcomers is asked again, then named with the likely reason") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd(
        {.config = {"MaxStartups 1", "LoginGraceTime 60"}, .host_key_types = {"ed25519"}});
    // Somebody who never logs in takes the only place.
    int occupant = -1;
    for (char byte = 0; byte != 'S';) { // of "SSH-2.0"; at first "Exceeded MaxStartups" may come
        ::close(occupant);
        occupant = connect_to("127.0.0.1", sshd.port());
        REQUIRE(::recv(occupant, &byte, 1, 0) == 1);
    }

    SECTION("and stays dropped") {
        const Error error =
            error_of([&] { static_cast<void>(ssh::connect(sshd.endpoint(), 20s)); });
        CHECK(error.code() == "host_unreachable");
        CHECK(holds(error.message().en, "closed at once, saying \""));
        CHECK(holds(error.hint().en, "MaxStartups"));
        CHECK(holds(error.hint().ru, "MaxStartups"));
        ::close(occupant);
    }
    SECTION("until there is room") {
        std::thread leaving([&] {
            std::this_thread::sleep_for(400ms);
            ::close(occupant);
        });
        const auto connection = ssh::connect(sshd.endpoint(), 20s);
        leaving.join();
        CHECK(until_end(*connection->exec("echo in", 5s)).out == "in\n");
    }
}

TEST_CASE("Twenty connections in twenty threads each get their own answers") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    std::atomic<int> good = 0;
    std::vector<std::thread> threads;
    for (int number = 0; number < 20; ++number) {
        threads.emplace_back([&, number] {
            try {
                const auto connection = ssh::connect(sshd.endpoint(), 60s);
                const std::string word = "thread " + std::to_string(number);
                const auto channel = connection->exec("cat; seq 1 5000", 30s);
                channel->write(word + "\n");
                channel->close_input();
                const test::Ended ended = until_end(*channel, 60s);
                good += ended.out.starts_with(word + "\n1\n2\n")
                        && ended.out.ends_with("\n4999\n5000\n") && ended.exit.code == 0;
            } catch (const Error&) {
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK(good == 20);
}

TEST_CASE("The socket notices a dead peer, sends at once, never blocks and is not inherited") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    const auto connection = ssh::connect(sshd.endpoint(), 10s);
    const int socket = socket_to(sshd.port());
    REQUIRE(socket >= 0);
    CHECK(option(socket, IPPROTO_TCP, TCP_NODELAY) == 1);
    CHECK(option(socket, SOL_SOCKET, SO_KEEPALIVE) == 1);
    CHECK(option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT) == 15000);
    CHECK((::fcntl(socket, F_GETFL) & O_NONBLOCK) != 0);
    CHECK((::fcntl(socket, F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("Failed attempts leave no descriptors behind") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    const auto open_files = [] {
        int count = 0;
        for (int number = 0; number < 1024; ++number) {
            count += ::fcntl(number, F_GETFD) >= 0;
        }
        return count;
    };
    ssh::Endpoint stranger = sshd.endpoint();
    stranger.known_hosts.clear();
    ssh::Endpoint keyless = sshd.endpoint();
    keyless.key_file.clear();
    static_cast<void>(ssh::connect(sshd.endpoint(), 10s));
    const int before = open_files();
    for (int turn = 0; turn < 5; ++turn) {
        static_cast<void>(ssh::connect(sshd.endpoint(), 10s));
        CHECK_THROWS_AS(ssh::connect(stranger, 10s), Error);
        CHECK_THROWS_AS(ssh::connect(keyless, 10s), Error);
        CHECK_THROWS_AS(ssh::connect_with(sshd.endpoint(), 1s, gives({"127.0.0.3"})), Error);
    }
    CHECK(open_files() == before);
}
