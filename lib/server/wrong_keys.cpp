#include "lib/server/wrong_keys.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <utility>

namespace loomrel::server {

std::string WrongKeys::source_of(const std::string& client) {
    boost::system::error_code none;
    const auto address = boost::asio::ip::make_address(client, none);
    if (none || !address.is_v6()) {
        return client;
    }
    constexpr std::size_t k_network_bytes = 8;
    auto bytes = address.to_v6().to_bytes();
    std::fill(bytes.begin() + k_network_bytes, bytes.end(), std::uint8_t{0});
    return boost::asio::ip::address_v6(bytes).to_string();
}

bool WrongKeys::may_try(const std::string& source) const {
    const auto found = m_sources.find(source);
    return found == m_sources.end() || found->second.waiting < k_most_waiting;
}

WrongKeys::Waiting::Waiting(WrongKeys& keys, std::string source, Clock::time_point now)
    : m_keys(keys),
      m_source(std::move(source)) {
    Source& mine = m_keys.m_sources[m_source];
    ++mine.waiting;
    mine.last = std::max(mine.last, now) + k_pause;
    m_until = mine.last;
}

WrongKeys::Waiting::~Waiting() {
    const auto found = m_keys.m_sources.find(m_source);
    if (--found->second.waiting == 0) {
        m_keys.m_sources.erase(found);
    }
}

} // namespace loomrel::server
