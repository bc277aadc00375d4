#pragma once

#include "cli/context/services.hpp"

#include <string>
#include <vector>

namespace loomrel::cli {

// The whole program but the process around it. Never throws: whatever ends a command is told on
// standard error (with --json as {"error":…} on standard output too) and becomes an exit code.
[[nodiscard]] ExitCode run(const std::vector<std::string>& words, Outside& outside);

// The same for a process: its arguments, environment, streams and clock.
[[nodiscard]] int run(int argc, const char* const* argv);

} // namespace loomrel::cli
