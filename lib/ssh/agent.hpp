#pragma once

#include "lib/base/clock.hpp"
#include "lib/ssh/handles.hpp"

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>

namespace loomrel::ssh {

// The ssh-agent as libssh uses it, with an end: libssh talks to it in blocking calls (an agent may
// be frozen, or wait for somebody to confirm), so the talk is cut off at the deadline from a thread
// of its own. Also keeps SIGPIPE away while it lives: libssh's agent code sends without
// MSG_NOSIGNAL, all its other sending is safe.
class AgentTalk {
public:
    AgentTalk(ssh_session session, Deadline deadline);
    ~AgentTalk();
    AgentTalk(const AgentTalk&) = delete;
    AgentTalk& operator=(const AgentTalk&) = delete;

    // False: there is no agent behind SSH_AUTH_SOCK.
    [[nodiscard]] bool is_there() const { return m_socket >= 0; }

    // True if it had to be cut off.
    [[nodiscard]] bool was_cut() const { return m_cut; }

private:
    int m_socket = -1; // our own copy; libssh closes its one
    bool m_done = false;
    std::atomic<bool> m_cut = false;
    std::mutex m_mutex;
    std::condition_variable m_finished;
    std::thread m_watchdog;
    sigset_t m_mask_before{};
    bool m_was_pending = false;
};

} // namespace loomrel::ssh
