#pragma once

#include "cli/command.hpp"

namespace loomrel::cli {

void register_serve(Command& parent);

} // namespace loomrel::cli
