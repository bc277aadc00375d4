#include "lib/ssh/agent.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string_view>

namespace loomrel::ssh {

namespace {

int connect_to_agent() {
    const char* path = std::getenv("SSH_AUTH_SOCK");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path == nullptr || *path == '\0' || std::strlen(path) >= sizeof(address.sun_path)) {
        return -1;
    }
    std::strcpy(address.sun_path, path);
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0) {
        return -1;
    }
    // A full backlog of a frozen agent would block even the connecting.
    static_cast<void>(::fcntl(socket, F_SETFL, O_NONBLOCK));
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
        ::close(socket);
        return -1;
    }
    static_cast<void>(::fcntl(socket, F_SETFL, 0));
    return socket;
}

} // namespace

AgentTalk::AgentTalk(ssh_session session, Deadline deadline) {
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    m_was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe, &m_mask_before);

    const int socket = connect_to_agent();
    if (socket < 0) {
        return;
    }
    m_socket = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
    if (m_socket < 0 || ssh_set_agent_socket(session, socket) != SSH_OK) {
        ::close(socket);
        return;
    }
    m_watchdog = std::thread([this, deadline] {
        std::unique_lock lock(m_mutex);
        if (!m_finished.wait_until(lock, deadline, [this] { return m_done; })) {
            m_cut = true;
            ::shutdown(m_socket, SHUT_RDWR);
        }
    });
}

AgentTalk::~AgentTalk() {
    if (m_watchdog.joinable()) {
        {
            const std::lock_guard lock(m_mutex);
            m_done = true;
        }
        m_finished.notify_all();
        m_watchdog.join();
    }
    if (m_socket >= 0) {
        ::close(m_socket);
    }
    if (!m_was_pending) {
        sigset_t pipe;
        sigemptyset(&pipe);
        sigaddset(&pipe, SIGPIPE);
        const timespec at_once{};
        static_cast<void>(sigtimedwait(&pipe, nullptr, &at_once));
    }
    pthread_sigmask(SIG_SETMASK, &m_mask_before, nullptr);
}

} // namespace loomrel::ssh
