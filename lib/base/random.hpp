#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace loomrel {

// From the kernel's generator. Throws std::system_error if it gives nothing.
[[nodiscard]] std::string random_hex(std::size_t bytes);

// A version 4 UUID in lower case: run ids, change ids.
[[nodiscard]] std::string random_uuid();

// In lower case, of whatever version.
[[nodiscard]] bool is_uuid(std::string_view text);

// The same name gives the same UUID (version 8, by a hash of no cryptographic strength): for what
// must be found again by whoever knows the name.
[[nodiscard]] std::string uuid_of_name(std::string_view name);

} // namespace loomrel
