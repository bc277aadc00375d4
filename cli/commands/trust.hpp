#pragma once

#include "cli/syntax/command.hpp"

#include <string>

namespace loomrel::cli {

struct TrustOptions {
    std::string target; // an environment or a host
    bool yes = false;
    bool dry_run = false;
};

void register_trust(Command& parent);
[[nodiscard]] ExitCode run_trust(Services& services, const TrustOptions& options);

} // namespace loomrel::cli
