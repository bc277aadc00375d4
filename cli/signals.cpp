#include "cli/signals.hpp"

#include <csignal>
#include <ctime>
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
        const timespec wait{0, 100'000'000};
        while (!m_over) {
            if (sigtimedwait(&set, nullptr, &wait) > 0) {
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
    m_thread.join();
    const sigset_t set = watched();
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

} // namespace loomrel::cli
