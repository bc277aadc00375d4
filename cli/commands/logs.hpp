#pragma once

#include "cli/syntax/command.hpp"

namespace loomrel::cli {

void register_logs(Command& parent);

} // namespace loomrel::cli
