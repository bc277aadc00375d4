#include "lib/config/url.hpp"

#include <cctype>
#include <regex>
#include <string_view>

namespace loomrel::config {

std::pair<std::string, std::string> split_password(const std::string& url) {
    const std::size_t scheme = url.find("://");
    const std::size_t path = url.find_first_of("/?", scheme == std::string::npos ? 0 : scheme + 3);
    const std::size_t at = url.rfind('@', path);
    if (scheme == std::string::npos || at == std::string::npos || at < scheme) {
        return {url, ""};
    }
    const std::size_t colon = url.find(':', scheme + 3);
    if (colon == std::string::npos || colon > at) {
        return {url, ""};
    }
    return {url.substr(0, colon) + url.substr(at), url.substr(colon + 1, at - colon - 1)};
}

bool has_password(const std::string& url) {
    static const std::regex k_parameter("[?&](password|passfile|sslpassword)=", std::regex::icase);
    return !split_password(url).second.empty() || std::regex_search(url, k_parameter);
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
