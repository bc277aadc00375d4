#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loomrel::server {

// Whose X-Forwarded-For is believed.
class Proxies {
public:
    // Addresses and networks; throws Error(config) naming the one that is neither.
    explicit Proxies(const std::vector<std::string>& trusted);

    [[nodiscard]] bool is_trusted(const boost::asio::ip::address& address) const;

    // The address that a request comes from: the peer's own, or, from a trusted one, the nearest
    // in X-Forwarded-For that is not trusted.
    [[nodiscard]] boost::asio::ip::address client(const boost::asio::ip::address& peer,
                                                  std::string_view forwarded) const;

private:
    std::vector<boost::asio::ip::network_v4> m_v4;
    std::vector<boost::asio::ip::network_v6> m_v6;
};

// An IPv4 address in its IPv6 form is that IPv4 address.
[[nodiscard]] boost::asio::ip::address plain_address(const boost::asio::ip::address& address);

} // namespace loomrel::server
