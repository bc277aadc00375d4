#pragma once

#include "lib/base/clock.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <string>

namespace loomrel::server {

// Slows down whoever tries keys: the answers to wrong ones go out one after another, and while
// several of a source wait for theirs no other key of that source is looked at. So a source tries
// one key in each pause, over however many connections. Only sources that wait are remembered.
class WrongKeys {
public:
    using Clock = std::chrono::steady_clock;

    static constexpr Milliseconds k_pause{500};
    static constexpr std::size_t k_most_waiting = 8;

    // An address; of IPv6 its network, which one subscriber has to himself.
    [[nodiscard]] static std::string source_of(const std::string& client);

    [[nodiscard]] bool may_try(const std::string& source) const;

    // A wrong key's answer, for as long as it has to wait.
    class Waiting {
    public:
        Waiting(WrongKeys& keys, std::string source, Clock::time_point now);
        ~Waiting();
        Waiting(const Waiting&) = delete;
        Waiting& operator=(const Waiting&) = delete;

        [[nodiscard]] Clock::time_point until() const { return m_until; }

    private:
        WrongKeys& m_keys;
        std::string m_source;
        Clock::time_point m_until;
    };

    [[nodiscard]] std::size_t remembered() const { return m_sources.size(); }

private:
    struct Source {
        std::size_t waiting = 0;
        Clock::time_point last; // when the last of them is answered
    };

    std::map<std::string, Source> m_sources;
};

} // namespace loomrel::server
