#pragma once

#include "cli/syntax/command.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace loomrel::cli {

struct StageDeployOptions {
    std::optional<std::string> service;
    std::optional<std::string> tag;
    std::optional<std::string> commit;
    std::optional<std::int64_t> release_id;
    bool older = false;
    bool again = false; // although stage serves it already
    bool rehearse = false;
    bool dry_run = false;
};

void register_stage_deploy(Command& parent);
[[nodiscard]] ExitCode run_stage_deploy(Services& services, const StageDeployOptions& options);

} // namespace loomrel::cli
