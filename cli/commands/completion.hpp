#pragma once

#include "cli/syntax/command.hpp"

namespace loomrel::cli {

// `program`: the root of the tree that the script completes.
void register_completion(Command& program);

} // namespace loomrel::cli
