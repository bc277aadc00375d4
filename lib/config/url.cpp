#include "lib/config/url.hpp"

#include "lib/base/bound_secret.hpp"
#include "lib/base/error.hpp"
#include "lib/base/secret.hpp"
#include "lib/base/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <regex>
#include <string_view>

namespace loomrel::config {

namespace {

constexpr std::array<std::string_view, 5> k_schemes{
    "sqlite://", "postgresql://", "postgres://", "http://", "https://"};

// Where the "@" stands that ends user and password; npos = there are none. A password may hold
// anything, "/", "?" and "@" too: it is the last one, but for those of a parameter's value.
std::size_t find_at(const std::string& url, std::size_t start) {
    static const std::regex k_host_and_parameters("[^@?]*(:[0-9]{1,5})?(/[^@?]*)?[?][A-Za-z_]+=.*");
    static const std::regex k_no_password("[^:@]*(:[0-9]{1,5})?(/[^@?]*)?[?][A-Za-z_]+=.*");
    const std::size_t last = url.rfind('@');
    if (last == std::string::npos || last < start) {
        return std::string::npos;
    }
    // Longer than any address, and than what a regular expression may be asked.
    if (url.size() > 4096) {
        return last;
    }
    // "h:5432/d?user=a@b"
    if (std::regex_match(url.substr(start), k_no_password)) {
        return std::string::npos;
    }
    // "u:p@h:5432/d?user=a@b"
    const std::size_t earlier = url.rfind('@', url.find('?', start));
    if (earlier != std::string::npos && earlier >= start && earlier < last
        && std::regex_match(url.substr(earlier + 1), k_host_and_parameters)) {
        return earlier;
    }
    return last;
}

[[noreturn]] void password_in_url(const std::string& where) {
    throw Error(ErrorKind::config,
                "password_in_url",
                {where + ": в адресе журнала релизов паролю не место",
                 where + ": a password does not stand in the ledger's address"},
                {"задайте LOOMREL_STORE_PASSWORD, LOOMREL_STORE или ~/.pgpass",
                 "set LOOMREL_STORE_PASSWORD, LOOMREL_STORE or ~/.pgpass"});
}

// Takes ?password=… out: it is a password as good as one before the "@".
void take_parameter(StoreUrl& url) {
    const std::size_t question = url.bare.find('?');
    if (question == std::string::npos) {
        return;
    }
    std::vector<std::string> kept;
    std::vector<std::string> shown;
    for (const std::string_view one : split(std::string_view(url.bare).substr(question + 1), '&')) {
        const std::size_t equals = std::min(one.find('='), one.size());
        const std::string name = to_lower(one.substr(0, equals));
        const std::string value(one.substr(std::min(equals + 1, one.size())));
        if (name == "password") {
            url.password = url_decoded(value);
            url.secrets.push_back(value);
            continue;
        }
        kept.emplace_back(one);
        const bool secret = name == "sslpassword";
        shown.push_back(secret ? name + "=" + std::string(Secret::masked()) : std::string(one));
        if (secret) {
            url.secrets.push_back(value);
            url.secrets.push_back(url_decoded(value));
        }
    }
    const std::string start = url.bare.substr(0, question);
    url.bare = start + (kept.empty() ? "" : "?" + join(kept, "&"));
    url.shown = start + (shown.empty() ? "" : "?" + join(shown, "&"));
}

} // namespace

std::pair<std::string, std::string> split_password(const std::string& url) {
    const std::size_t scheme = url.find("://");
    if (scheme == std::string::npos || url.starts_with("sqlite://")) {
        return {url, ""};
    }
    const std::size_t at = find_at(url, scheme + 3);
    const std::size_t colon = url.find(':', scheme + 3);
    if (at == std::string::npos || colon == std::string::npos || colon > at) {
        return {url, ""};
    }
    return {url.substr(0, colon) + url.substr(at), url.substr(colon + 1, at - colon - 1)};
}

bool has_password(const std::string& url) {
    static const std::regex k_parameter("[?&](password|passfile|sslpassword)=", std::regex::icase);
    return !split_password(url).second.empty() || std::regex_search(url, k_parameter);
}

StoreUrl read_store_url(const std::string& url, const Origin& origin) {
    if (std::none_of(k_schemes.begin(), k_schemes.end(), [&](std::string_view scheme) {
            return url.starts_with(scheme);
        })) {
        // Never what stands there: "host=db password=…" is one of the things it may be.
        throw Error(ErrorKind::config,
                    "store_scheme",
                    {origin.place + ": это не адрес журнала релизов",
                     origin.place + ": this is no ledger's address"},
                    {"адрес бывает таким: sqlite:///путь/releases.db, "
                     "postgresql://user@host/releases или https://host/api/tg-bot",
                     "an address looks like sqlite:///path/releases.db, "
                     "postgresql://user@host/releases or https://host/api/tg-bot"});
    }
    const bool may_be_secret =
        origin.source == Source::environment || origin.source == Source::env_servers;
    if (!may_be_secret && has_password(url)) {
        password_in_url(origin.place);
    }
    StoreUrl parts;
    auto [bare, password] = split_password(url);
    parts.bare = parts.shown = std::move(bare);
    parts.password = url_decoded(password);
    parts.secrets.push_back(std::move(password));
    if (!url.starts_with("sqlite://")) {
        take_parameter(parts);
    }
    if (!split_password(parts.bare).second.empty()) {
        password_in_url(origin.place);
    }
    return parts;
}

bool is_same_ledger(const std::string& one, const std::string& other) {
    if (one == other) {
        return true;
    }
    const std::string place = place_of_url(one);
    if (!place.empty()) {
        const auto path = [](std::string url) {
            url.erase(0, std::min(url.find('/', url.find("://") + 3), url.size()));
            while (url.ends_with('/')) {
                url.pop_back();
            }
            return url;
        };
        return place == place_of_url(other) && path(one) == path(other);
    }
    constexpr std::size_t k_longest = 1024; // of what a regular expression may be asked
    if (one.size() > k_longest || other.size() > k_longest) {
        return false;
    }
    static const std::regex form(
        "postgres(ql)?://(([^@:/?#%]+)@)?([^@:/?#%,]+)(:([0-9]+))?/([^/?#%]+)");
    std::smatch mine;
    std::smatch theirs;
    if (!std::regex_match(one, mine, form) || !std::regex_match(other, theirs, form)) {
        return false;
    }
    const auto port = [](const std::smatch& parts) {
        return parts[6].matched ? parts[6].str() : std::string("5432");
    };
    const bool same_user = !mine[3].matched || mine[3].str() == theirs[3].str();
    return same_user && to_lower(mine[4].str()) == to_lower(theirs[4].str())
           && port(mine) == port(theirs) && mine[7].str() == theirs[7].str();
}

std::string url_encoded(const std::string& text) {
    std::string encoded;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0 || std::string_view("-._~").find(c) != std::string_view::npos) {
            encoded += c;
        } else {
            static constexpr std::string_view k_digits = "0123456789ABCDEF";
            encoded += {'%', k_digits[byte >> 4], k_digits[byte & 15]};
        }
    }
    return encoded;
}

std::string url_decoded(const std::string& text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size()
            && std::isxdigit(static_cast<unsigned char>(text[i + 1])) != 0
            && std::isxdigit(static_cast<unsigned char>(text[i + 2])) != 0) {
            decoded += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
            i += 2;
        } else {
            decoded += text[i];
        }
    }
    return decoded;
}

} // namespace loomrel::config
