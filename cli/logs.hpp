#pragma once

#include "cli/command.hpp"

namespace loomrel::cli {

void register_logs(Command& parent);

} // namespace loomrel::cli
