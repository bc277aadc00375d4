#pragma once

#include "cli/syntax/command.hpp"

#include <optional>
#include <string>

namespace loomrel::cli {

struct StatusOptions {
    std::optional<std::string> environment;
    std::optional<std::string> service;
};

void register_status(Command& parent);
[[nodiscard]] ExitCode run_status(Services& services, const StatusOptions& options);

} // namespace loomrel::cli
