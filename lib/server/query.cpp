#include "lib/server/query.hpp"

#include "lib/base/text.hpp"
#include "lib/store/wire/wire.hpp"

#include <algorithm>

namespace loomrel::server {

namespace {

using store::wire::FieldError;

constexpr std::int64_t k_usual = 20;
constexpr std::int64_t k_most = 1000;

} // namespace

Query::Query(const Target& target, std::initializer_list<std::string_view> known)
    : m_target(target) {
    for (const auto& [name, value] : target.query) {
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            throw FieldError(sanitize_line(cut_bytes(name, 40)), "is not a parameter of this list");
        }
    }
}

std::optional<std::string> Query::find(const std::string& name) const {
    const auto found = m_target.query.find(name);
    return found == m_target.query.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::int64_t> Query::integer(const std::string& name) const {
    const auto text = find(name);
    if (!text) {
        return std::nullopt;
    }
    const auto number = parse_integer(*text);
    if (!number) {
        throw FieldError(name, "must be a number");
    }
    return number;
}

int Query::limit() const {
    const std::int64_t wanted = integer("limit").value_or(k_usual);
    if (wanted < 0) {
        throw FieldError("limit", "must not be negative");
    }
    return static_cast<int>(std::min(wanted, k_most));
}

} // namespace loomrel::server
