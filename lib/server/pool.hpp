#pragma once

#include "lib/base/clock.hpp"
#include "lib/store/keys.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace loomrel::server {

// Threads that own one store each, and a queue of a fixed length before them.
class Pool {
public:
    using Open = std::function<std::unique_ptr<store::ApiLedger>()>;
    // nullptr: it waited until its time was over, or no store could be opened.
    using Job = std::function<void(store::ApiLedger* ledger)>;

    Pool(int threads, std::size_t longest_queue, Open open);
    // Finishes what is queued.
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    // False: the queue is full. A job must not throw.
    [[nodiscard]] bool submit(Job job, Deadline until);

private:
    struct Waiting {
        Job job;
        Deadline until;
    };

    void work();

    std::size_t m_longest_queue;
    Open m_open;
    std::mutex m_mutex;
    std::condition_variable m_wake;
    std::deque<Waiting> m_queue;
    bool m_over = false;
    std::vector<std::thread> m_threads;
};

} // namespace loomrel::server
