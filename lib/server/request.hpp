#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loomrel::server {

// A request's first part, before its body is read: enough to say whether it is wanted.
struct Head {
    std::string method;
    std::string target;                                       // as it was sent
    std::vector<std::pair<std::string, std::string>> headers; // names in lower case
    std::string client;                                       // the address it comes from

    // nullopt: absent. A header that stands there twice is as good as wrong: see count().
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
    [[nodiscard]] std::size_t count(std::string_view name) const;
};

// Letters, digits and signs: what a key in a header is made of.
[[nodiscard]] bool is_plain_ascii(std::string_view text);

struct Response {
    int status = 200;
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string code;   // of an error
    std::string detail; // for the log only: what the caller need not know
    // A wrong key was tried: whoever tries many waits for this answer.
    bool tries_key = false;
};

[[nodiscard]] Response answer(int status, const nlohmann::json& body);
// {"error":{"code","message"}} and whatever else belongs there.
[[nodiscard]] Response refusal(int status,
                               const std::string& code,
                               const std::string& message,
                               const nlohmann::json& more = nlohmann::json::object());

// Ends a request with that answer.
struct Refused {
    Response response;
};

// The path and the decoded parameters of a target; nullopt for what is none ("http://…", "*", a
// path with "%2e", "//" or "..", a broken escape).
struct Target {
    std::string path;
    std::map<std::string, std::string> query;
};

[[nodiscard]] std::optional<Target> parse_target(std::string_view target);

// The body as JSON. Throws Refused: 400 for what is no JSON (and for duplicate keys, text that is
// not UTF-8, nesting deeper than 32), 422 for what is no object.
[[nodiscard]] nlohmann::json parse_body(std::string_view body);
// Of JSON within a text: as deep as no body may be.
[[nodiscard]] bool is_nested_too_deeply(std::string_view text);

// Checks what the parser of the connection does not: length and coding headers, type of the body.
// nullopt = nothing is wrong.
[[nodiscard]] std::optional<Response> wrong_framing(const Head& head);
[[nodiscard]] std::optional<Response> wrong_body_type(const Head& head);

} // namespace loomrel::server
