#pragma once

#include "cli/syntax/command.hpp"

#include <optional>
#include <string>

namespace loomrel::cli {

struct DevDeployOptions {
    std::optional<std::string> service;
    std::optional<std::string> branch;
    std::optional<std::string> author;
    std::optional<std::string> commit;
    bool dry_run = false;
};

void register_dev_deploy(Command& parent);
[[nodiscard]] ExitCode run_dev_deploy(Services& services, const DevDeployOptions& options);

} // namespace loomrel::cli
