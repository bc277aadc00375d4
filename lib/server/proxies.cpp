#include "lib/server/proxies.hpp"

#include "lib/base/text.hpp"
#include "lib/messages/messages.hpp"

#include <algorithm>

namespace loomrel::server {

namespace ip = boost::asio::ip;

Proxies::Proxies(const std::vector<std::string>& trusted) {
    for (const std::string& text : trusted) {
        boost::system::error_code wrong;
        const bool network = text.find('/') != std::string::npos;
        if (const auto v4 = ip::make_network_v4(network ? text : text + "/32", wrong); !wrong) {
            m_v4.push_back(v4);
            continue;
        }
        if (const auto v6 = ip::make_network_v6(network ? text : text + "/128", wrong); !wrong) {
            m_v6.push_back(v6);
            continue;
        }
        throw Error(
            ErrorKind::config,
            "bad_proxy",
            messages::phrase(messages::Id::server_bad_proxy, fmt::arg("text", sanitize_line(text))),
            messages::phrase(messages::Id::server_bad_proxy_hint));
    }
}

bool Proxies::is_trusted(const ip::address& address) const {
    if (address.is_v4()) {
        const auto bits = address.to_v4().to_uint();
        return std::any_of(m_v4.begin(), m_v4.end(), [&](const ip::network_v4& network) {
            return (bits & network.netmask().to_uint()) == network.network().to_uint();
        });
    }
    const ip::address_v6 v6 = address.to_v6();
    return std::any_of(m_v6.begin(), m_v6.end(), [&](const ip::network_v6& network) {
        return ip::make_network_v6(v6, network.prefix_length()).network() == network.network();
    });
}

ip::address Proxies::client(const ip::address& peer, std::string_view forwarded) const {
    ip::address client = peer;
    const auto hops = split(forwarded, ',');
    for (auto hop = hops.rbegin(); hop != hops.rend() && is_trusted(client); ++hop) {
        boost::system::error_code wrong;
        const auto address = ip::make_address(std::string(trim(*hop)), wrong);
        if (wrong) {
            break;
        }
        client = plain_address(address);
    }
    return client;
}

ip::address plain_address(const ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return ip::make_address_v4(ip::v4_mapped, address.to_v6());
    }
    return address;
}

} // namespace loomrel::server
