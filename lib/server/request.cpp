#include "lib/server/request.hpp"

#include "lib/base/json_text.hpp"
#include "lib/base/text.hpp"

#include <algorithm>
#include <set>

namespace loomrel::server {

using nlohmann::json;

namespace {

constexpr int k_deepest = 32;
constexpr std::size_t k_most_parameters = 32;

std::optional<int> hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? std::optional(lower - 'a' + 10) : std::nullopt;
}

std::optional<std::string> decoded(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            plain += ' ';
        } else if (text[i] != '%') {
            plain += text[i];
        } else {
            const auto high = i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
            const auto low = i + 2 < text.size() ? hex_digit(text[i + 2]) : std::nullopt;
            if (!high || !low) {
                return std::nullopt;
            }
            plain += static_cast<char>(*high * 16 + *low);
            i += 2;
        }
    }
    const bool fit = is_valid_utf8(plain) && plain.find('\0') == std::string::npos;
    return fit ? std::optional(plain) : std::nullopt;
}

// Duplicate keys and depth, while the parser goes over the text.
class Strict {
public:
    bool operator()(int depth, json::parse_event_t event, json& parsed) {
        switch (event) {
        case json::parse_event_t::object_start:
            m_keys.emplace_back();
            [[fallthrough]];
        case json::parse_event_t::array_start:
            if (depth >= k_deepest) {
                throw Refused{refusal(400, "bad_json", "the body is nested too deeply")};
            }
            break;
        case json::parse_event_t::object_end:
            m_keys.pop_back();
            break;
        case json::parse_event_t::key:
            if (!m_keys.back().insert(parsed.get<std::string>()).second) {
                throw Refused{refusal(400, "bad_json", "a key stands twice in one object")};
            }
            break;
        case json::parse_event_t::array_end:
        case json::parse_event_t::value:
            break;
        }
        return true;
    }

private:
    std::vector<std::set<std::string>> m_keys;
};

} // namespace

bool is_plain_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

std::optional<std::string_view> Head::header(std::string_view name) const {
    const auto found = std::find_if(
        headers.begin(), headers.end(), [&](const auto& header) { return header.first == name; });
    return found == headers.end() ? std::nullopt : std::optional<std::string_view>(found->second);
}

std::size_t Head::count(std::string_view name) const {
    return static_cast<std::size_t>(std::count_if(
        headers.begin(), headers.end(), [&](const auto& header) { return header.first == name; }));
}

Response answer(int status, const json& body) {
    Response response;
    response.status = status;
    response.body = json_text(body);
    return response;
}

Response
refusal(int status, const std::string& code, const std::string& message, const json& more) {
    json error{{"code", code}, {"message", message}};
    error.update(more);
    Response response = answer(status, {{"error", std::move(error)}});
    response.code = code;
    return response;
}

std::optional<Target> parse_target(std::string_view target) {
    if (!target.starts_with('/')) {
        return std::nullopt;
    }
    Target parsed;
    const std::size_t question = target.find('?');
    parsed.path = target.substr(0, question);
    // No route needs an escape; what comes with one means to pass for something else.
    if (parsed.path.find('%') != std::string::npos || parsed.path.find("//") != std::string::npos
        || parsed.path.find("/.") != std::string::npos) {
        return std::nullopt;
    }
    if (question == std::string_view::npos) {
        return parsed;
    }
    for (const std::string_view pair : split(target.substr(question + 1), '&')) {
        if (pair.empty()) {
            continue;
        }
        const std::size_t equals = pair.find('=');
        const auto name = decoded(pair.substr(0, equals));
        const auto value = decoded(equals == std::string_view::npos ? "" : pair.substr(equals + 1));
        if (!name || !value || parsed.query.size() == k_most_parameters
            || !parsed.query.emplace(*name, *value).second) {
            return std::nullopt;
        }
    }
    return parsed;
}

json parse_body(std::string_view body) {
    json parsed;
    try {
        parsed = json::parse(body, Strict());
    } catch (const json::exception&) {
        throw Refused{refusal(400, "bad_json", "the body is not valid JSON")};
    }
    if (!parsed.is_object()) {
        throw Refused{refusal(422, "invalid", "the body must be a JSON object")};
    }
    return parsed;
}

bool is_nested_too_deeply(std::string_view text) {
    bool deep = false;
    const auto look = [&deep](int depth, json::parse_event_t, json&) {
        deep = deep || depth >= k_deepest;
        return !deep;
    };
    const json outline = json::parse(text, look, /*allow_exceptions=*/false);
    return deep;
}

std::optional<Response> wrong_framing(const Head& head) {
    const auto bad = [](const char* why) { return refusal(400, "bad_request", why); };
    if (head.count("host") > 1) {
        return bad("more than one Host");
    }
    if (head.count("content-length") > 1) {
        return bad("more than one Content-Length");
    }
    const auto coding = head.header("transfer-encoding");
    if (!coding) {
        return std::nullopt;
    }
    if (head.count("content-length") > 0) {
        return bad("both Content-Length and Transfer-Encoding");
    }
    if (head.count("transfer-encoding") > 1 || to_lower(trim(*coding)) != "chunked") {
        return bad("a Transfer-Encoding other than chunked");
    }
    return std::nullopt;
}

std::optional<Response> wrong_body_type(const Head& head) {
    const auto coding = head.header("content-encoding");
    if (coding && to_lower(trim(*coding)) != "identity") {
        return refusal(415, "unsupported_encoding", "send the body without Content-Encoding");
    }
    const auto type = head.header("content-type");
    const auto parts = split(type.value_or(""), ';');
    bool json_type = to_lower(trim(parts.at(0))) == "application/json";
    for (std::size_t i = 1; i < parts.size(); ++i) {
        const std::string parameter = to_lower(trim(parts[i]));
        json_type = json_type
                    && (!parameter.starts_with("charset=") || parameter == "charset=utf-8"
                        || parameter == "charset=\"utf-8\"");
    }
    if (!json_type || head.count("content-type") > 1) {
        return refusal(415, "unsupported_type", "the body must be application/json in UTF-8");
    }
    return std::nullopt;
}

} // namespace loomrel::server
