#pragma once

#include "lib/base/error.hpp"

#include <string>

namespace loomrel::config {

// A hint, and behind it the rollback that works without any file. `host` "" = none is known: the
// hint alone. Only a host that the trusted side names is offered unasked: the line is there to be
// pasted.
[[nodiscard]] Phrase with_way_back(Phrase hint, const std::string& host);

} // namespace loomrel::config
