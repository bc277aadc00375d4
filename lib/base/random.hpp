#pragma once

#include <cstddef>
#include <string>

namespace loomrel {

// From the kernel's generator. Throws std::system_error if it gives nothing.
[[nodiscard]] std::string random_hex(std::size_t bytes);

// A version 4 UUID in lower case: run ids, change ids.
[[nodiscard]] std::string random_uuid();

} // namespace loomrel
