#pragma once

#include "cli/syntax/command.hpp"

#include <string>

namespace loomrel::cli {

class Services;

struct CancelOptions {
    std::string run;
    bool yes = false;
    bool dry_run = false;
};

// Stops a run, its whole session on the host, and waits until what served before serves again. The
// ledger need not answer: then the hosts are asked for the run.
ExitCode run_cancel(Services& services, const CancelOptions& options);
void register_cancel(Command& parent);

} // namespace loomrel::cli
