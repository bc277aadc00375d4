#pragma once

#include "lib/release/status.hpp"

#include <string_view>

// Which environment's keys may do what to a release (design 13.6).
namespace loomrel::server {

// Whose move it is: the jobs of an environment say what became of what they did there.
[[nodiscard]] std::string_view environment_of(release::Move move);
// Where a release of this status is. One of a status that nobody knows has gone the whole way.
[[nodiscard]] std::string_view environment_of(std::string_view status);

} // namespace loomrel::server
