#pragma once

#include "lib/server/request.hpp"

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace loomrel::server {

// The parameters of a list; store::wire::FieldError for one that it does not have.
class Query {
public:
    Query(const Target& target, std::initializer_list<std::string_view> known);

    [[nodiscard]] std::optional<std::string> find(const std::string& name) const;
    [[nodiscard]] std::optional<std::int64_t> integer(const std::string& name) const;
    // 20 if it was not asked for, at most 1000.
    [[nodiscard]] int limit() const;

private:
    const Target& m_target;
};

} // namespace loomrel::server
