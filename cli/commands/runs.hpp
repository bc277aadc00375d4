#pragma once

#include "cli/context/services.hpp"
#include "cli/syntax/command.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace loomrel::cli {

struct RunsOptions {
    std::optional<std::string> service;
    std::optional<std::string> environment;
    bool open = false;
    std::optional<std::int64_t> limit;
};

void register_runs(Command& parent);
[[nodiscard]] ExitCode run_runs(Services& services, const RunsOptions& options);

} // namespace loomrel::cli
