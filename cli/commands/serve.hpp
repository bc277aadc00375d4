#pragma once

#include "cli/syntax/command.hpp"

namespace loomrel::cli {

void register_serve(Command& parent);

} // namespace loomrel::cli
