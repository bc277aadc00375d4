#pragma once

#include "lib/base/language.hpp"

#include <string>
#include <string_view>

namespace loomrel::messages {

// "Сборка" for the journal's "build". A step that is not known here (a newer loomrel started the
// run) is shown by its own name.
[[nodiscard]] std::string step_label(Language language, std::string_view step);

} // namespace loomrel::messages
