#pragma once

#include "cli/command.hpp"

#include <optional>
#include <string>

namespace loomrel::cli {

struct LogsOptions {
    std::optional<std::string> environment; // default: stage
    std::optional<std::string> service;
    std::optional<std::string> tag; // or a branch on dev
    std::optional<std::string> run;
    bool follow = false;
};

void register_logs(Command& parent);
[[nodiscard]] ExitCode run_logs(Services& services, const LogsOptions& options);

} // namespace loomrel::cli
