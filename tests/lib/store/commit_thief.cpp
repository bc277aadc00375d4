#include "tests/lib/store/commit_thief.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

namespace loomrel::test {

namespace {

constexpr int k_tick_ms = 20; // how soon the end of the test is seen

sockaddr_in local(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

// "COMMIT" without a name, as it stands in the protocol.
constexpr std::string_view k_commit{"P\0\0\0\x0e\0"
                                    "COMMIT\0",
                                    13};

bool is_readable(int socket) {
    pollfd watched{socket, POLLIN, 0};
    return ::poll(&watched, 1, k_tick_ms) > 0;
}

bool send_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

// "" = the link is over.
std::string receive(int socket) {
    std::array<char, 65536> buffer{};
    const ssize_t got = ::recv(socket, buffer.data(), buffer.size(), 0);
    return {buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
}

} // namespace

CommitThief::CommitThief(std::uint16_t server)
    : m_server(server) {
    m_listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = local(0);
    socklen_t size = sizeof address;
    if (::bind(m_listener, reinterpret_cast<const sockaddr*>(&address), size) != 0
        || ::listen(m_listener, 16) != 0) {
        throw std::runtime_error("the proxy cannot listen");
    }
    ::getsockname(m_listener, reinterpret_cast<sockaddr*>(&address), &size);
    m_port = ntohs(address.sin_port);
    m_acceptor = std::thread([this] { accept_links(); });
}

CommitThief::~CommitThief() {
    m_over = true;
    m_acceptor.join();
    for (std::thread& link : m_links) {
        link.join();
    }
    ::close(m_listener);
}

void CommitThief::arm(Fault fault, int passing) {
    const std::lock_guard guard(m_mutex);
    m_fault = fault;
    m_passing = passing;
}

CommitThief::Fault CommitThief::fault_of_this_commit() {
    const std::lock_guard guard(m_mutex);
    if (m_fault == Fault::none || m_passing-- > 0) {
        return Fault::none;
    }
    ++m_stolen;
    return std::exchange(m_fault, Fault::none);
}

void CommitThief::accept_links() {
    while (!m_over) {
        if (!is_readable(m_listener)) {
            continue;
        }
        const int client = ::accept4(m_listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (m_closed) {
            ::close(client);
            continue;
        }
        m_links.emplace_back([this, client] {
            carry(client);
            ::close(client);
        });
    }
}

void CommitThief::carry(int client) {
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = local(m_server);
    bool going =
        ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    while (going && !m_over) {
        std::array<pollfd, 2> watched{pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0}};
        if (::poll(watched.data(), watched.size(), k_tick_ms) <= 0) {
            continue;
        }
        if (watched[1].revents != 0) {
            const std::string bytes = receive(server);
            going = !bytes.empty() && send_all(client, bytes);
        }
        if (watched[0].revents == 0) {
            continue;
        }
        const std::string bytes = receive(client);
        const Fault fault =
            bytes.find(k_commit) == std::string::npos ? Fault::none : fault_of_this_commit();
        if (fault == Fault::lose_request) {
            break;
        }
        going = going && !bytes.empty() && send_all(server, bytes);
        if (fault != Fault::none) {
            // Committed for certain: the server has answered.
            while (!m_over && !is_readable(server)) {
            }
            (void)receive(server);
            m_closed = fault == Fault::close_after;
            while (fault == Fault::mute_reply && !m_over && !is_readable(client)) {
            }
            break;
        }
    }
    ::close(server);
}

} // namespace loomrel::test
