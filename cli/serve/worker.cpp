#include "cli/serve/worker.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace loomrel::cli {

namespace {

constexpr Milliseconds k_first_rest{1000};
constexpr Milliseconds k_longest_rest{60000};

} // namespace

bool rest(const std::stop_token& stop, Milliseconds for_long) {
    std::mutex mutex;
    std::condition_variable_any asleep;
    std::unique_lock lock(mutex);
    (void)asleep.wait_for(lock, stop, for_long, [] { return false; });
    return !stop.stop_requested();
}

Workers::Workers(std::vector<Worker> workers, OnError on_error)
    : m_workers(std::move(workers)),
      m_on_error(std::move(on_error)) {
    for (const Worker& worker : m_workers) {
        m_threads.emplace_back([this, &worker](const std::stop_token& stop) { run(worker, stop); });
    }
}

Workers::~Workers() {
    ask_to_stop();
}

void Workers::ask_to_stop() {
    for (std::jthread& thread : m_threads) {
        thread.request_stop();
    }
}

void Workers::run(const Worker& worker, const std::stop_token& stop) const {
    Milliseconds pause = k_first_rest;
    while (!stop.stop_requested()) {
        const auto began = std::chrono::steady_clock::now();
        try {
            worker.work(stop);
            return;
        } catch (const std::exception& error) {
            m_on_error(worker.name, error);
        }
        // What held for a while before it broke begins anew.
        const bool held = std::chrono::steady_clock::now() - began > k_longest_rest;
        pause = held ? k_first_rest : std::min(pause * 2, k_longest_rest);
        (void)rest(stop, pause);
    }
}

} // namespace loomrel::cli
