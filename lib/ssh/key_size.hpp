#pragma once

#include "lib/ssh/handles.hpp"

#include <optional>
#include <string_view>

namespace loomrel::ssh {

// Shorter RSA keys prove nothing any more (NIST SP 800-131A).
inline constexpr int k_smallest_rsa_bits = 2048;

// The bits of an RSA key's modulus. `blob`: the base64 text of a public key (RFC 4253, 6.6).
// nullopt: another kind of key, or no key.
[[nodiscard]] std::optional<int> rsa_bits(std::string_view blob);

// The same of a private or public key.
[[nodiscard]] bool is_too_short(ssh_key key);

} // namespace loomrel::ssh
