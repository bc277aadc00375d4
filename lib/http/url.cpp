#include "lib/http/url.hpp"

#include "lib/base/text.hpp"
#include "lib/http/http.hpp"

#include <fmt/format.h>

namespace loomrel::http {

namespace {

std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
    char* text = nullptr;
    if (curl_url_get(url, part, &text, flags) != CURLUE_OK) {
        return {};
    }
    const Handle<char, curl_free> owned(text);
    return text;
}

} // namespace

UrlHandle parse_url(const std::string& text) {
    UrlHandle url(curl_url());
    if (!url || text.find('\0') != std::string::npos
        || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
        return nullptr;
    }
    return url;
}

std::string origin_of(CURLU* url) {
    const std::string scheme = to_lower(part_of(url, CURLUPART_SCHEME));
    const std::string host = to_lower(part_of(url, CURLUPART_HOST));
    if ((scheme != "http" && scheme != "https") || host.empty()
        || !part_of(url, CURLUPART_USER).empty() || !part_of(url, CURLUPART_PASSWORD).empty()) {
        return {};
    }
    return scheme + "://" + host + ":" + part_of(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
}

std::string host_of(CURLU* url) {
    return part_of(url, CURLUPART_HOST);
}

std::string scheme_of(CURLU* url) {
    return to_lower(part_of(url, CURLUPART_SCHEME));
}

std::string port_of(CURLU* url) {
    return part_of(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
}

std::string target_of(CURLU* url) {
    const std::string query = part_of(url, CURLUPART_QUERY);
    return part_of(url, CURLUPART_PATH) + (query.empty() ? "" : "?" + query);
}

std::optional<std::string> origin_of(const std::string& url) {
    const UrlHandle parsed = parse_url(url);
    if (!parsed) {
        return std::nullopt;
    }
    const std::string origin = origin_of(parsed.get());
    return origin.empty() ? std::nullopt : std::optional(origin);
}

WithoutTls cleartext_to(const std::string& url, const Cleartext& allowed) {
    const UrlHandle parsed = parse_url(url);
    const auto port = parsed ? parse_integer(port_of(parsed.get())) : std::nullopt;
    return port && allowed.allows(host_of(parsed.get()), static_cast<std::uint16_t>(*port))
               ? WithoutTls::anywhere
               : WithoutTls::near;
}

std::string url_encode(std::string_view text) {
    std::string out;
    for (const char letter : text) {
        const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z')
                           || (letter >= '0' && letter <= '9') || letter == '-' || letter == '.'
                           || letter == '_' || letter == '~';
        out += plain ? std::string(1, letter)
                     : fmt::format("%{:02X}", static_cast<unsigned char>(letter));
    }
    return out;
}

} // namespace loomrel::http
