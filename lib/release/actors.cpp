#include "lib/release/actors.hpp"

#include "lib/base/text.hpp"

#include <algorithm>

namespace loomrel::release {

namespace {

constexpr std::size_t k_longest_email = 254;
constexpr std::size_t k_longest_name = 100;
constexpr std::string_view k_noreply = "@users.noreply.github.com";
constexpr std::string_view k_web_flow = "web-flow";

} // namespace

std::string fold_email(std::string_view email) {
    return to_lower(trim(email));
}

std::string login_in_email(std::string_view email) {
    const std::string folded = fold_email(email);
    if (!folded.ends_with(k_noreply)) {
        return "";
    }
    const std::string login = folded.substr(0, folded.size() - k_noreply.size());
    return login.substr(login.find('+') + 1); // an old address has no number
}

bool is_github_itself(std::string_view email) {
    return fold_email(email) == "noreply@github.com" || login_in_email(email) == k_web_flow;
}

bool is_email(std::string_view email) {
    const std::size_t at = email.find('@');
    return email.size() <= k_longest_email && at != std::string_view::npos && at > 0
           && at + 1 < email.size() && email.find('@', at + 1) == std::string_view::npos
           && sanitize_line(email) == email
           && std::none_of(email.begin(), email.end(), [](char letter) {
                  return letter == ' ' || letter == '<' || letter == '>' || letter == '"'
                         || letter == '\\';
              });
}

Signature parse_signature(std::string_view text) {
    const std::size_t close = text.find('>');
    if (!text.starts_with('<') || close == std::string_view::npos) {
        return {};
    }
    Signature found;
    found.email = text.substr(1, close - 1);
    if (!is_email(found.email)) {
        found.email.clear();
    }
    const std::string name = sanitize_line(text.substr(close + 1));
    found.name = cut_bytes(trim(name), k_longest_name);
    return found;
}

} // namespace loomrel::release
