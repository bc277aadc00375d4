#include "lib/server/pool.hpp"

#include <utility>

namespace loomrel::server {

Pool::Pool(int threads, std::size_t longest_queue, Open open)
    : m_longest_queue(longest_queue),
      m_open(std::move(open)) {
    for (int i = 0; i < threads; ++i) {
        m_threads.emplace_back([this] { work(); });
    }
}

Pool::~Pool() {
    {
        const std::lock_guard lock(m_mutex);
        m_over = true;
    }
    m_wake.notify_all();
    for (std::thread& thread : m_threads) {
        thread.join();
    }
}

bool Pool::submit(Job job, Deadline until) {
    {
        const std::lock_guard lock(m_mutex);
        if (m_queue.size() >= m_longest_queue) {
            return false;
        }
        m_queue.push_back({std::move(job), until});
    }
    m_wake.notify_one();
    return true;
}

void Pool::work() {
    std::unique_ptr<store::ApiLedger> ledger;
    for (;;) {
        Waiting next;
        {
            std::unique_lock lock(m_mutex);
            m_wake.wait(lock, [this] { return m_over || !m_queue.empty(); });
            if (m_queue.empty()) {
                return;
            }
            next = std::move(m_queue.front());
            m_queue.pop_front();
        }
        if (left_until(next.until).count() == 0) {
            next.job(nullptr);
            continue;
        }
        try {
            if (!ledger) {
                ledger = m_open();
            }
        } catch (const std::exception&) {
            // The next job tries again; this one is told that there is none.
        }
        next.job(ledger.get());
    }
}

} // namespace loomrel::server
