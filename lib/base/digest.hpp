#pragma once

#include <string>
#include <string_view>

namespace loomrel {

// 32 bytes.
[[nodiscard]] std::string sha256(std::string_view text);
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view text);

[[nodiscard]] std::string to_hex(std::string_view bytes);

// Whether two secrets are the same, in a time that depends on neither: their digests are compared.
[[nodiscard]] bool is_same_secret(std::string_view given, std::string_view wanted);

} // namespace loomrel
