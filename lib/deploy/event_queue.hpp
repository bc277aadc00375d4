#pragma once

#include "lib/base/clock.hpp"
#include "lib/deploy/ledger_recorder.hpp"
#include "lib/deploy/run_event.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace loomrel::deploy {

// What the hosts' threads tell the calling one.
class EventQueue {
public:
    // Of a run's events those that the ledger is told of.
    void on(const RunEvent& event) {
        const auto* step = std::get_if<StepStarted>(&event);
        if (step == nullptr && !std::holds_alternative<HostAlive>(event)) {
            return;
        }
        const std::lock_guard guard(m_mutex);
        if (step != nullptr) {
            m_steps.push_back(step->step);
        } else {
            m_alive = true;
        }
        m_rung.notify_one();
    }

    void done() {
        const std::lock_guard guard(m_mutex);
        ++m_done;
        m_rung.notify_one();
    }

    // A host has let its thread in, or has not.
    void answered(bool& flag) {
        const std::lock_guard guard(m_mutex);
        flag = true;
        m_rung.notify_one();
    }

    // Until all of the flags are set, or the deadline has passed, or `is_over` says so. The ledger
    // hears meanwhile that somebody is at it.
    void wait_for_answers(const std::vector<const bool*>& flags,
                          Deadline deadline,
                          LedgerRecorder& recorder,
                          const std::function<bool()>& is_over) {
        const auto all = [&] {
            return std::all_of(flags.begin(), flags.end(), [](const bool* flag) { return *flag; });
        };
        std::unique_lock guard(m_mutex);
        while (!m_rung.wait_for(guard, k_turn, all) && left_until(deadline).count() > 0
               && !is_over()) {
            guard.unlock();
            recorder.alive();
            guard.lock();
        }
    }

    [[nodiscard]] bool is_set(const bool& flag) {
        const std::lock_guard guard(m_mutex);
        return flag;
    }

    // Hands on what came, until `count` threads are done.
    void answer(std::size_t count, LedgerRecorder& recorder) {
        std::unique_lock guard(m_mutex);
        while (true) {
            // Who looks for a host whose link is gone, or waits for a wave, is at it too.
            const bool rung = m_rung.wait_for(guard, k_sign_of_life, [&] {
                return !m_steps.empty() || m_alive || m_done >= count;
            });
            const auto steps = std::exchange(m_steps, {});
            const bool alive = std::exchange(m_alive, false) || !rung;
            const bool over = m_done >= count;
            guard.unlock();
            for (const StepRecord& step : steps) {
                recorder.step_started(step);
            }
            if (alive) {
                recorder.alive();
            }
            if (over) {
                return;
            }
            guard.lock();
        }
    }

private:
    static constexpr Milliseconds k_sign_of_life{5000};
    // How soon a stop request is heard by whoever waits for a host to let us in.
    static constexpr Milliseconds k_turn{200};

    std::mutex m_mutex;
    std::condition_variable m_rung;
    std::deque<StepRecord> m_steps;
    bool m_alive = false;
    std::size_t m_done = 0;
};

} // namespace loomrel::deploy
