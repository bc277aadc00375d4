#pragma once

#include <string>
#include <utility>

namespace loomrel::config {

// A URL without its password, and the password as it stood there.
[[nodiscard]] std::pair<std::string, std::string> split_password(const std::string& url);

// In the address or among its parameters.
[[nodiscard]] bool has_password(const std::string& url);

[[nodiscard]] std::string url_encoded(const std::string& text);
[[nodiscard]] std::string url_decoded(const std::string& text);

} // namespace loomrel::config
