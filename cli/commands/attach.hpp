#pragma once

#include "cli/syntax/command.hpp"

#include <string>

namespace loomrel::cli {

struct AttachOptions {
    std::string run;
    bool dry_run = false;
};

void register_attach(Command& parent);
[[nodiscard]] ExitCode run_attach(Services& services, const AttachOptions& options);

} // namespace loomrel::cli
