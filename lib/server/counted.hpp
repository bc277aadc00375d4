#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>

namespace loomrel::server {

// Counts so many more for as long as it lives.
class Counted {
public:
    explicit Counted(std::size_t& count, std::size_t many = 1)
        : m_count(count),
          m_many(many) {
        m_count += m_many;
    }

    ~Counted() { m_count -= m_many; }

    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

private:
    std::size_t& m_count;
    std::size_t m_many;
};

class CountedFor {
public:
    CountedFor(std::map<std::string, std::size_t>& counts, std::string name, std::size_t add = 1)
        : m_counts(counts),
          m_name(std::move(name)),
          m_add(add) {
        m_many = m_counts[m_name] += m_add;
    }

    ~CountedFor() {
        const auto found = m_counts.find(m_name);
        if ((found->second -= m_add) == 0) {
            m_counts.erase(found);
        }
    }

    CountedFor(const CountedFor&) = delete;
    CountedFor& operator=(const CountedFor&) = delete;

    [[nodiscard]] std::size_t many() const { return m_many; }

private:
    std::map<std::string, std::size_t>& m_counts;
    std::string m_name;
    std::size_t m_add;
    std::size_t m_many = 0;
};

} // namespace loomrel::server
