#include "lib/base/cleartext.hpp"

#include "lib/base/text.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

namespace loomrel {

namespace {

struct Network {
    std::uint32_t address;
    unsigned bits;
};

constexpr std::array k_near{
    Network{0x7f000000, 8},  // loopback
    Network{0x0a000000, 8},  // RFC 1918
    Network{0xac100000, 12}, // RFC 1918
    Network{0xc0a80000, 16}, // RFC 1918
    Network{0x64400000, 10}, // RFC 6598: shared by a provider's customers, and by overlay networks
    Network{0xa9fe0000, 16}, // link-local
    Network{0x00000000, 32}, // this machine, for Linux
};

bool is_near_v4(std::uint32_t address) {
    return std::any_of(k_near.begin(), k_near.end(), [&](const Network& network) {
        return (address >> (32 - network.bits)) == (network.address >> (32 - network.bits));
    });
}

bool is_near_v6(const in6_addr& address) {
    if (IN6_IS_ADDR_V4MAPPED(&address)) {
        std::uint32_t inside = 0;
        std::memcpy(&inside, &address.s6_addr[12], sizeof inside);
        return is_near_v4(ntohl(inside));
    }
    return IN6_IS_ADDR_LOOPBACK(&address) || IN6_IS_ADDR_UNSPECIFIED(&address)
           || IN6_IS_ADDR_LINKLOCAL(&address) || (address.s6_addr[0] & 0xfeU) == 0xfcU;
}

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Addresses look_up(const std::string& host, int flags) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    wanted.ai_flags = flags;
    addrinfo* raw = nullptr;
    if (::getaddrinfo(host.c_str(), nullptr, &wanted, &raw) != 0) {
        raw = nullptr;
    }
    return {raw, ::freeaddrinfo};
}

// Lower case, an IPv6 address in brackets.
std::string name_of(std::string_view host) {
    std::string name = to_lower(host);
    return name.find(':') != std::string::npos && !name.starts_with('[') ? "[" + name + "]" : name;
}

} // namespace

bool Cleartext::allows(std::string_view host, std::uint16_t port) const {
    const std::string name = name_of(host);
    const std::string place = cleartext_place(host, port);
    return std::any_of(hosts.begin(), hosts.end(), [&](const std::string& one) {
        return one == name || one == place;
    });
}

std::string cleartext_place(std::string_view host, std::uint16_t port) {
    return name_of(host) + ":" + std::to_string(port);
}

Cleartext parse_cleartext(std::string_view text) {
    Cleartext found;
    for (const std::string& word : words_of(text)) {
        found.hosts.push_back(to_lower(word));
    }
    return found;
}

bool is_near(const sockaddr& address) {
    if (address.sa_family == AF_UNIX) {
        return true;
    }
    if (address.sa_family == AF_INET) {
        sockaddr_in known{};
        std::memcpy(&known, &address, sizeof known);
        return is_near_v4(ntohl(known.sin_addr.s_addr));
    }
    if (address.sa_family == AF_INET6) {
        sockaddr_in6 known{};
        std::memcpy(&known, &address, sizeof known);
        return is_near_v6(known.sin6_addr);
    }
    return false;
}

std::vector<Resolved> resolve(const std::string& host) {
    const Addresses list = look_up(host, 0);
    std::vector<Resolved> found;
    for (const addrinfo* one = list.get(); one != nullptr; one = one->ai_next) {
        std::array<char, NI_MAXHOST> text{};
        if (::getnameinfo(
                one->ai_addr, one->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST)
            == 0) {
            found.push_back({text.data(), is_near(*one->ai_addr)});
        }
    }
    return found;
}

std::optional<bool> is_numeric_near(const std::string& host) {
    const Addresses list = look_up(host, AI_NUMERICHOST);
    return list ? std::optional(is_near(*list->ai_addr)) : std::nullopt;
}

} // namespace loomrel
