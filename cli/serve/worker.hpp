#pragma once

#include "lib/base/clock.hpp"

#include <exception>
#include <functional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace loomrel::cli {

// Something that serve does beside answering: reconciling, delivering, polling. A thread of its own
// with stores of its own. `work` goes on until it is asked to stop; if it throws it is told to the
// log and started again after a while.
struct Worker {
    std::string name;
    std::function<void(const std::stop_token& stop)> work;
};

// Sleeps; false as soon as it is asked to stop.
[[nodiscard]] bool rest(const std::stop_token& stop, Milliseconds for_long);

class Workers {
public:
    using OnError = std::function<void(const std::string& name, const std::exception& error)>;

    Workers(std::vector<Worker> workers, OnError on_error);
    // Asks all to stop and waits for them.
    ~Workers();

    // Before there is time to wait.
    void ask_to_stop();

    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

private:
    void run(const Worker& worker, const std::stop_token& stop) const;

    std::vector<Worker> m_workers;
    OnError m_on_error;
    std::vector<std::jthread> m_threads;
};

} // namespace loomrel::cli
