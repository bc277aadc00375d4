#include "lib/ssh/link.hpp"

#include "lib/base/text.hpp"
#include "lib/messages/messages.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <string_view>

namespace loomrel::ssh {

namespace {

using messages::Id;
using messages::phrase;

// curve25519 costs 100 ms less than the post-quantum exchange that OpenSSH prefers, and newer
// libssh too.
constexpr const char* k_key_exchange =
    "curve25519-sha256,curve25519-sha256@libssh.org,"
    "ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,"
    "diffie-hellman-group18-sha512,diffie-hellman-group16-sha512,"
    "diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha256";

// What the peer has not acknowledged for so long will never arrive (design 6: dead links end).
constexpr int k_silence_ms = 15'000;

// libssh's threads are switched on by itself since 0.8; the first use of ssh_init from several
// threads at once is what has to be serialised.
void initialise_once() {
    static const int result = ssh_init();
    if (result != SSH_OK) {
        throw std::runtime_error("libssh does not start");
    }
}

void set_option(ssh_session session, ssh_options_e option, const void* value) {
    if (ssh_options_set(session, option, value) != SSH_OK) {
        throw std::runtime_error(std::string("libssh: ") + ssh_get_error(session));
    }
}

void set_socket_option(int socket, int level, int name, int value) {
    // Refused on exotic sockets only; the deadlines hold without it.
    static_cast<void>(::setsockopt(socket, level, name, &value, sizeof(value)));
}

} // namespace

Link::Link(const Endpoint& endpoint,
           const std::string& address,
           const std::string& host_key_algorithms)
    : m_shown(endpoint.shown()),
      m_probe(probe_command(endpoint)) {
    initialise_once();
    m_session.reset(ssh_new());
    if (!m_session) {
        throw std::bad_alloc();
    }
    const bool no = false;
    const int strict = 1;
    const int nodelay = 1;
    const long timeout_s = 30;
    const unsigned port = endpoint.port;
    ssh_session session = m_session.get();
    // The operator's ~/.ssh/config and known_hosts have no say: with "StrictHostKeyChecking no" in
    // it libssh 0.10.6 calls a changed key known.
    set_option(session, SSH_OPTIONS_PROCESS_CONFIG, &no);
    set_option(session, SSH_OPTIONS_KNOWNHOSTS, "/dev/null");
    set_option(session, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null");
    set_option(session, SSH_OPTIONS_STRICTHOSTKEYCHECK, &strict);
    set_option(session, SSH_OPTIONS_HOST, address.c_str());
    set_option(session, SSH_OPTIONS_PORT, &port);
    set_option(session, SSH_OPTIONS_USER, endpoint.user.c_str());
    set_option(session, SSH_OPTIONS_NODELAY, &nodelay);
    // A script is a third of its size then: one flight of a fresh connection instead of three.
    set_option(session, SSH_OPTIONS_COMPRESSION, "zlib@openssh.com,none");
    // Nothing blocks here, but without it some of libssh's own waits would have no end at all.
    set_option(session, SSH_OPTIONS_TIMEOUT, &timeout_s);
    set_option(session, SSH_OPTIONS_KEY_EXCHANGE, k_key_exchange);
    set_option(session, SSH_OPTIONS_HOSTKEYS, host_key_algorithms.c_str());
    ssh_set_counters(session, &m_traffic, nullptr);
    ssh_set_blocking(session, 0);
}

Link::~Link() {
    m_event.reset();
    if (m_goodbye && is_alive()) {
        ssh_disconnect(m_session.get());
    }
}

std::optional<Link::Failure> Link::open(Deadline deadline) {
    ssh_session session = m_session.get();
    for (;;) {
        const int result = ssh_connect(session);
        prepare_socket();
        if (result == SSH_OK) {
            break;
        }
        if (result != SSH_AGAIN) {
            // Something of ours went out, so TCP was up; and nobody said "SSH-2.0-…".
            if (m_traffic.out_bytes > 0 && ssh_get_serverbanner(session) == nullptr) {
                return Failure{true, false, m_said};
            }
            return Failure{false, false, error()};
        }
        const Waited waited = wait(deadline);
        if (waited == Waited::timed_out) {
            return Failure{false, true, ""};
        }
        overhear();
    }
    m_event.reset(ssh_event_new());
    if (!m_event || ssh_event_add_session(m_event.get(), session) != SSH_OK) {
        throw std::bad_alloc();
    }
    return std::nullopt;
}

void Link::prepare_socket() {
    const int socket = ssh_get_fd(m_session.get());
    if (socket < 0) {
        return;
    }
    if (!m_prepared) {
        m_prepared = true;
        static_cast<void>(::fcntl(socket, F_SETFD, FD_CLOEXEC));
        set_socket_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
        set_socket_option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, k_silence_ms);
        // Without data under way only keepalives notice that the peer is gone.
        set_socket_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
        set_socket_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, 5);
        set_socket_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, 5);
        set_socket_option(socket, IPPROTO_TCP, TCP_KEEPCNT, 2);
    }
    // libssh makes the socket blocking once it is connected; a peer that reads nothing would then
    // hold us in send() for ever.
    const int flags = ::fcntl(socket, F_GETFL);
    if (flags >= 0 && (flags & O_NONBLOCK) == 0) {
        static_cast<void>(::fcntl(socket, F_SETFL, flags | O_NONBLOCK));
    }
}

// A server that is too busy says so in one line and closes: "Not allowed at this time". libssh
// throws it away.
void Link::overhear() {
    if (ssh_get_serverbanner(m_session.get()) != nullptr) {
        return;
    }
    std::array<char, 200> line{};
    const ssize_t size =
        ::recv(ssh_get_fd(m_session.get()), line.data(), line.size(), MSG_PEEK | MSG_DONTWAIT);
    if (size > 0) {
        const std::string_view text(line.data(), static_cast<std::size_t>(size));
        if (!text.starts_with("SSH-")) {
            m_said = sanitize_line(trim(text));
        }
    }
}

Link::Waited Link::wait(Deadline deadline) {
    pollfd waiting{};
    waiting.fd = ssh_get_fd(m_session.get());
    if (waiting.fd < 0) {
        return Waited::gone;
    }
    // An acknowledgement held back by our side makes sshd hold back its next packet (Nagle): 40 ms
    // at the opening of a channel. The kernel forgets this setting, so it is made every time.
    set_socket_option(waiting.fd, IPPROTO_TCP, TCP_QUICKACK, 1);
    waiting.events = POLLIN;
    if ((ssh_get_poll_flags(m_session.get()) & SSH_WRITE_PENDING) != 0) {
        waiting.events |= POLLOUT;
    }
    const int result = ::poll(&waiting, 1, static_cast<int>(left_until(deadline).count()));
    if (result < 0) {
        return errno == EINTR ? Waited::interrupted : Waited::gone;
    }
    return result == 0 ? Waited::timed_out : Waited::ready;
}

bool Link::process(std::size_t enough) {
    // libssh takes at most 4 KiB from the socket a turn.
    constexpr std::size_t k_turn = 4096;
    for (std::size_t taken = 0; taken < enough; taken += k_turn) {
        const int result = ssh_event_dopoll(m_event.get(), 0);
        if (result == SSH_ERROR || !is_alive()) {
            return false;
        }
        if (result == SSH_AGAIN) {
            break;
        }
    }
    return true;
}

bool Link::is_alive() const {
    return ssh_is_connected(m_session.get()) != 0
           && (ssh_get_status(m_session.get()) & (SSH_CLOSED | SSH_CLOSED_ERROR)) == 0;
}

std::string Link::error() const {
    return sanitize_line(ssh_get_error(m_session.get()));
}

void Link::fail(const Phrase& during) const {
    const std::string reason = error();
    fail(during, {reason, reason});
}

void Link::fail_late(const Phrase& during) const {
    fail(during, phrase(Id::ssh_no_answer));
}

void Link::fail(const Phrase& during, const Phrase& reason) const {
    const auto said = [&](Language language) {
        return messages::say(language,
                             Id::ssh_link_lost,
                             fmt::arg("host", m_shown),
                             fmt::arg("during", in(language, during)),
                             fmt::arg("reason", in(language, reason)));
    };
    throw Error(ErrorKind::no_host,
                "host_unreachable",
                {said(Language::ru), said(Language::en)},
                phrase(Id::ssh_unreachable_hint, fmt::arg("command", m_probe)));
}

} // namespace loomrel::ssh
