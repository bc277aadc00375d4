#pragma once

#include "cli/syntax/command.hpp"
#include "lib/base/language.hpp"

#include <string>

namespace loomrel::cli {

// What --help prints for a family or a command. Reads nothing.
[[nodiscard]] std::string help_of(const Command& command, Language language);

} // namespace loomrel::cli
