#pragma once

#include "cli/context/services.hpp"

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

// The output of one run, of each host that it was on. The ledger is asked where that was; where it
// cannot say, the hosts are, which know also of runs that have ended.
[[nodiscard]] ExitCode
show_run_log(Services& services, const std::string& id, const LogsOptions& options);

} // namespace loomrel::cli
