#pragma once

#include "lib/base/error.hpp"
#include "lib/config/keys.hpp"

#include <span>
#include <string>
#include <string_view>

namespace loomrel::config {

// The tables of loomrel.toml.
[[nodiscard]] bool is_section(std::string_view name);

// Error(config) of a key that is in no table: what was meant, or where a secret belongs. `in_keys`
// is what the names in `keys` begin with ("telegram."), `dotted` the whole name.
[[nodiscard]] Error unknown_key(const std::string& where,
                                const std::string& dotted,
                                const std::string& name,
                                std::span<const Key> keys,
                                const std::string& in_keys);

} // namespace loomrel::config
