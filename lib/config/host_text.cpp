#include "lib/config/host_text.hpp"

#include "lib/base/error.hpp"
#include "lib/base/text.hpp"
#include "lib/config/values.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace loomrel::config {

namespace {

// The colon of "user:password@host"; npos = there is no password. A password may hold "@", a host
// does not.
std::size_t password_at(std::string_view text) {
    const std::size_t at = text.rfind('@');
    const std::size_t colon = text.find(':');
    return at == std::string_view::npos || colon > at ? std::string_view::npos : colon;
}

[[noreturn]] void bad_host(const std::string& where, const std::string& text) {
    const std::string shown = sanitize_line(shown_host(text));
    throw Error(ErrorKind::config,
                "bad_host",
                {where + ": «" + shown + "» — не хост", where + ": '" + shown + "' is no host"},
                {"нужно [USER@]HOST[:PORT], IPv6 — в скобках: root@[fd00::1]:22",
                 "[USER@]HOST[:PORT] is wanted, IPv6 in brackets: root@[fd00::1]:22"});
}

std::uint16_t port_of(const std::string& text, const std::string& where, const std::string& whole) {
    const auto port = parse_port(text);
    if (!port) {
        bad_host(where, whole);
    }
    return *port;
}

bool is_plain(std::string_view text) {
    return !text.empty() && text.front() != '-'
           && std::all_of(text.begin(), text.end(), [](char c) {
                  return std::isalnum(static_cast<unsigned char>(c)) != 0
                         || std::string_view(".-_:%").find(c) != std::string_view::npos;
              });
}

} // namespace

std::optional<std::uint16_t> parse_port(const std::string& text) {
    const auto port = parse_integer(text);
    return port && *port >= 1 && *port <= 65535 ? std::optional(static_cast<std::uint16_t>(*port))
                                                : std::nullopt;
}

void read_host(Host& host, const std::string& text, const std::string& where) {
    refuse_password(text, where);
    std::string rest = text;
    if (const std::size_t at = rest.rfind('@'); at != std::string::npos) {
        host.user = rest.substr(0, at);
        rest.erase(0, at + 1);
        if (!is_plain(host.user)) {
            bad_host(where, text);
        }
    }
    if (!rest.empty() && rest.front() == '[') {
        const std::size_t end = rest.find(']');
        if (end == std::string::npos) {
            bad_host(where, text);
        }
        host.address = rest.substr(1, end - 1);
        rest.erase(0, end + 1);
        if (!rest.empty() && rest.front() != ':') {
            bad_host(where, text);
        }
        if (!rest.empty()) {
            host.port = port_of(rest.substr(1), where, text);
        }
    } else if (const std::size_t colon = rest.find(':');
               colon != std::string::npos && rest.find(':', colon + 1) == std::string::npos) {
        host.address = rest.substr(0, colon);
        host.port = port_of(rest.substr(colon + 1), where, text);
    } else {
        host.address = rest;
    }
    if (!is_plain(host.address)) {
        bad_host(where, text);
    }
}

void refuse_password(const std::string& host, const std::string& where) {
    if (password_at(host) != std::string::npos) {
        throw Error(
            ErrorKind::config,
            "password_in_host",
            {where + ": паролю в адресе хоста не место",
             where + ": a password does not stand in a host's address"},
            {"пароли хостов — в .env.servers: STAGE_PASSWORD, PROD_PASSWORD, <логин>_PASSWORD",
             "hosts' passwords stand in .env.servers: STAGE_PASSWORD, PROD_PASSWORD, "
             "<login>_PASSWORD"});
    }
}

std::string shown_host(const std::string& text) {
    const std::size_t colon = password_at(text);
    return colon == std::string::npos ? text
                                      : text.substr(0, colon + 1) + std::string(Secret::masked())
                                            + text.substr(text.rfind('@'));
}

// As --host takes it.
std::string shown_place(const Host& host) {
    const bool is_ipv6 = host.address.find(':') != std::string::npos;
    return sanitize_line(host.user + "@" + (is_ipv6 ? "[" + host.address + "]" : host.address)
                         + (host.port == 22 ? "" : ":" + std::to_string(host.port)));
}

} // namespace loomrel::config
