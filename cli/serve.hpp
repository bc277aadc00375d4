#pragma once

#include "cli/command.hpp"

#include <optional>
#include <string>

namespace loomrel::cli {

class Services;

struct ServeOptions {
    std::optional<std::string> listen;
    bool dry_run = false;
};

void register_serve(Command& parent);
// Error(config) if it could not listen as it is configured.
void check_serve_settings(Services& services);
// Until SIGTERM, SIGINT or SIGHUP.
ExitCode run_serve(Services& services, const ServeOptions& options);

} // namespace loomrel::cli
