#pragma once

#include "cli/context/services.hpp"
#include "cli/syntax/command.hpp"

namespace loomrel::cli {

void register_config(Command& parent);

// Every key with its value (secrets masked) and where it came from.
[[nodiscard]] ExitCode run_config_show(Services& services);
// Error(config) if it cannot be used; near misses are listed and are no fault.
[[nodiscard]] ExitCode run_config_check(Services& services);

} // namespace loomrel::cli
