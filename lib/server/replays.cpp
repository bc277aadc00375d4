#include "lib/server/replays.hpp"

namespace loomrel::server {

namespace {

constexpr std::size_t k_most_kept = 4096;
constexpr std::size_t k_longest = 2048; // lists are asked for with GET and never kept

} // namespace

Replays::Found Replays::find(const std::string& key, const std::string& digest) const {
    const std::lock_guard lock(m_mutex);
    const auto found = m_entries.find(key);
    if (found == m_entries.end()) {
        return {};
    }
    if (found->second.digest != digest) {
        return {std::nullopt, true};
    }
    return {found->second.response, false};
}

void Replays::keep(const std::string& key, const std::string& digest, const Response& response) {
    // What was refused was not done: asked again, it may be.
    if (response.status >= 300 || response.body.size() > k_longest) {
        return;
    }
    const std::lock_guard lock(m_mutex);
    if (!m_entries.emplace(key, Entry{digest, response}).second) {
        return;
    }
    m_order.push_back(key);
    if (m_order.size() > k_most_kept) {
        m_entries.erase(m_order.front());
        m_order.pop_front();
    }
}

} // namespace loomrel::server
