#include "cli/signals.hpp"

#include <csignal>
#include <initializer_list>

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
                // Who has asked for a cancel is not satisfied with less.
                auto none = deploy::Wish::none;
                m_wish.compare_exchange_strong(none, deploy::Wish::stop);
            }
        }
    });
}

SignalWatch::~SignalWatch() {
    m_over = true;
    pthread_kill(m_thread.native_handle(), SIGHUP); // it has nobody else to wake it
    m_thread.join();
    const sigset_t set = watched();
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

} // namespace loomrel::cli
