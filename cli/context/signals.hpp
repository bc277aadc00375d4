#pragma once

#include "lib/deploy/follow.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace loomrel::cli {

// Turns SIGINT, SIGTERM and SIGHUP into a wish to the run while it lives: GitHub cancels with
// SIGINT, SIGTERM 7.5 s later, and kills 2.5 s after that. Who asks a second time does not want to
// wait for anything: the program ends at once (130), whatever hangs. Construct it before any other
// thread.
class SignalWatch {
public:
    SignalWatch();
    ~SignalWatch();
    SignalWatch(const SignalWatch&) = delete;
    SignalWatch& operator=(const SignalWatch&) = delete;

    [[nodiscard]] const std::atomic<deploy::StopRequest>& stop_request() const {
        return m_stop_request;
    }

    // Nothing has begun yet: until stay() a signal ends the program by `leave`, which does not
    // return. Whoever waits for a ledger that is silent need not see that through.
    void leave_by(std::function<void()> leave);
    void stay();

    // What is written when the program ends by a second signal.
    void set_last_words(std::string text);

    // A wish that no signal brought.
    void ask(deploy::StopRequest stop_request) { m_stop_request = stop_request; }

    [[nodiscard]] bool came() const { return m_came.load(); }

private:
    std::atomic<deploy::StopRequest> m_stop_request{deploy::StopRequest::none};
    std::atomic<bool> m_came{false};
    std::atomic<bool> m_over{false};
    Deadline m_first; // when the first signal came; the watcher's alone
    [[noreturn]] void leave_at_once();

    std::mutex m_leaving;
    std::string m_last_words;
    std::function<void()> m_leave; // empty: stays
    std::thread m_thread;
};

} // namespace loomrel::cli
