#pragma once

#include "cli/syntax/command.hpp"
#include "lib/messages/messages.hpp"

#include <string>

namespace loomrel::cli {

enum class Shell { bash, zsh, fish };

// A script that completes the commands, flags and fixed values of the tree; descriptions in the
// language given, where the shell shows any.
[[nodiscard]] std::string completion_script(const Command& program, Shell shell, Language language);

} // namespace loomrel::cli
