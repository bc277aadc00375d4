#pragma once

#include "cli/syntax/command.hpp"

#include <optional>
#include <string>

namespace loomrel::cli {

struct NotifyOptions {
    std::string text;
    std::optional<std::string> environment;
    bool dry_run = false;
};

void register_notify(Command& parent);

[[nodiscard]] ExitCode run_notify(Services& services, const NotifyOptions& options);

} // namespace loomrel::cli
