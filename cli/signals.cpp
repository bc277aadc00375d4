#include "cli/signals.hpp"

#include <csignal>
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

} // namespace

SignalWatch::SignalWatch() {
    const sigset_t set = watched();
    // Blocked here, inherited by every thread started from now on: only the watcher takes them.
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    m_thread = std::thread([this, set] {
        for (;;) {
            const bool taken = sigwaitinfo(&set, nullptr) > 0;
            if (m_over) {
                return;
            }
            if (taken) {
                m_came = true;
                if (const std::lock_guard guard(m_leaving); m_leave) {
                    m_leave();
                }
                // Who has asked for a cancel is not satisfied with less.
                auto none = deploy::Wish::none;
                m_wish.compare_exchange_strong(none, deploy::Wish::stop);
            }
        }
    });
}

void SignalWatch::leave_by(std::function<void()> leave) {
    const std::lock_guard guard(m_leaving);
    m_leave = std::move(leave);
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
