#pragma once

#include "lib/base/text.hpp"
#include "lib/config/values.hpp"

#include <algorithm>
#include <string>

namespace loomrel::config {

// Puts a checked value, if there is one, into a plain field.
inline void put(std::string& field, const Value* value) {
    if (value != nullptr) {
        field = std::get<std::string>(value->content);
    }
}

inline void put(bool& field, const Value* value) {
    if (value != nullptr) {
        field = std::get<bool>(value->content);
    }
}

inline void put(std::int64_t& field, const Value* value) {
    if (value != nullptr) {
        field = std::get<std::int64_t>(value->content);
    }
}

inline void put(int& field, const Value* value) {
    if (value != nullptr) {
        const auto number = std::get<std::int64_t>(value->content);
        field = static_cast<int>(std::min<std::int64_t>(number, 1'000'000));
    }
}

inline void put(Milliseconds& field, const Value* value) {
    if (value != nullptr) {
        field = parse_duration(std::get<std::string>(value->content)).value_or(field);
    }
}

inline void put(std::vector<std::string>& field, const Value* value) {
    if (value != nullptr) {
        field = std::get<std::vector<std::string>>(value->content);
    }
}

inline void put(std::vector<std::int64_t>& field, const Value* value) {
    if (value != nullptr) {
        field = std::get<std::vector<std::int64_t>>(value->content);
    }
}

} // namespace loomrel::config
