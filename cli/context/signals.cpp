#include "cli/context/signals.hpp"

#include "cli/syntax/exit_code.hpp"

#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <initializer_list>
#include <utility>

namespace loomrel::cli {

namespace {

sigset_t watched() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        sigaddset(&set, number);
    }
    return set;
}

constexpr Milliseconds k_one_wish{50};

} // namespace

SignalWatch::SignalWatch() {
    const sigset_t set = watched();
    // Blocked here, inherited by every thread started from now on: only the watcher takes them.
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    m_thread = std::thread([this, set] {
        for (;;) {
            const int number = sigwaitinfo(&set, nullptr);
            if (m_over) {
                return;
            }
            if (number > 0) {
                const Deadline now = std::chrono::steady_clock::now();
                // A terminal that closes, or a shell that passes a signal on, sends it twice.
                if (number != SIGHUP && m_came && now - m_first > k_one_wish) {
                    leave_at_once();
                }
                if (!m_came) {
                    m_first = now;
                }
                m_came = true;
                if (const std::lock_guard guard(m_leaving); m_leave) {
                    pthread_sigmask(SIG_UNBLOCK, &set, nullptr); // whatever it waits for
                    m_leave();
                }
                // Who has asked for a cancel is not satisfied with less.
                auto none = deploy::StopRequest::none;
                m_stop_request.compare_exchange_strong(none, deploy::StopRequest::stop);
            }
        }
    });
}

void SignalWatch::leave_by(std::function<void()> leave) {
    const std::lock_guard guard(m_leaving);
    m_leave = std::move(leave);
}

void SignalWatch::set_last_words(std::string text) {
    const std::lock_guard guard(m_leaving);
    m_last_words = std::move(text);
}

// Nothing here may wait: not for a lock that somebody holds for ever, nor for a reader of the
// words.
void SignalWatch::leave_at_once() {
    if (m_leaving.try_lock()) {
        pollfd room{STDERR_FILENO, POLLOUT, 0};
        if (!m_last_words.empty() && ::poll(&room, 1, 50) == 1) {
            (void)!::write(STDERR_FILENO, m_last_words.data(), m_last_words.size());
        }
    }
    std::_Exit(static_cast<int>(ExitCode::interrupted));
}

void SignalWatch::stay() {
    leave_by({});
}

SignalWatch::~SignalWatch() {
    m_over = true;
    pthread_kill(m_thread.native_handle(), SIGHUP); // it has nobody else to wake it
    m_thread.join();
    const sigset_t set = watched();
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

} // namespace loomrel::cli
