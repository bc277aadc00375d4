#include "lib/base/bound_secret.hpp"

#include "lib/base/error.hpp"
#include "lib/base/text.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace loomrel {

namespace {

// A name, an IPv4 address or an IPv6 address in brackets.
bool is_host(std::string_view text) {
    const bool bracketed = text.starts_with('[') && text.ends_with(']') && text.size() > 2;
    const std::string_view inside = bracketed ? text.substr(1, text.size() - 2) : text;
    return !inside.empty() && std::all_of(inside.begin(), inside.end(), [&](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_'
               || (bracketed && c == ':');
    });
}

} // namespace

BoundSecret::BoundSecret(Secret value, std::vector<std::string> places)
    : m_value(std::move(value)),
      m_places(std::move(places)) {
    std::erase(m_places, "");
}

bool BoundSecret::may_go_to(std::string_view place) const {
    return !place.empty() && std::find(m_places.begin(), m_places.end(), place) != m_places.end();
}

const Secret& BoundSecret::for_place(std::string_view place) const {
    if (m_value.empty() || may_go_to(place)) {
        return m_value;
    }
    const std::string shown = sanitize_line(place);
    throw Error(ErrorKind::config,
                "secret_elsewhere",
                {"секрет не для " + shown + ": он никуда не отправлен",
                 "the secret is not for " + shown + ": it was not sent anywhere"},
                {"куда какой секрет уходит: loomrel config check",
                 "where which secret goes: loomrel config check"});
}

std::string place_of_url(std::string_view url) {
    const std::size_t colon = url.find("://");
    if (colon == std::string_view::npos) {
        return "";
    }
    const std::string scheme = to_lower(url.substr(0, colon));
    if (scheme != "http" && scheme != "https") {
        return "";
    }
    const std::string_view rest = url.substr(colon + 3);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    std::string host(authority);
    std::string port = scheme == "https" ? "443" : "80";
    const std::size_t last = authority.rfind(':');
    if (last != std::string_view::npos && authority.find(']', last) == std::string_view::npos) {
        host = authority.substr(0, last);
        const auto number = parse_integer(authority.substr(last + 1));
        if (!number || *number < 1 || *number > 65535) {
            return "";
        }
        port = std::to_string(*number);
    }
    return is_host(host) ? scheme + "://" + to_lower(host) + ":" + port : "";
}

std::string place_of_host(std::string_view address, std::uint16_t port) {
    return address.empty() ? "" : "ssh://" + to_lower(address) + ":" + std::to_string(port);
}

} // namespace loomrel
