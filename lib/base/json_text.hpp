#pragma once

#include <string>

namespace loomrel {

// On one line. What is not UTF-8 becomes U+FFFD: a host's word must not end the program by an
// exception.
template <typename Json> [[nodiscard]] std::string json_text(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace loomrel
