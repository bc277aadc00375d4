#pragma once

#include "cli/logs.hpp"
#include "cli/services.hpp"

namespace loomrel::cli {

// The output of one run, of each host that it was on. The ledger is asked where that was; where it
// cannot say, the hosts are, which know also of runs that have ended.
[[nodiscard]] ExitCode
show_run_log(Services& services, const std::string& id, const LogsOptions& options);

} // namespace loomrel::cli
