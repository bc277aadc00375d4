#pragma once

#include "cli/syntax/command.hpp"

namespace loomrel::cli {

struct InitOptions {
    bool replace = false;
    bool dry_run = false;
};

void register_init(Command& parent);
[[nodiscard]] ExitCode run_init(Services& services, const InitOptions& options);

} // namespace loomrel::cli
