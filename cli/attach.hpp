#pragma once

#include "cli/command.hpp"
#include "lib/store/store.hpp"

#include <string>

namespace loomrel::cli {

struct AttachOptions {
    std::string run;
    bool dry_run = false;
};

void register_attach(Command& parent);
[[nodiscard]] ExitCode run_attach(Services& services, const AttachOptions& options);

// The plan of a command that would start nothing: the run is there.
[[nodiscard]] ExitCode show_would_attach(Services& services, const store::Run& run);

// Error(usage) if the ledger has no such run.
[[nodiscard]] store::Run find_run(Services& services, const std::string& id);

} // namespace loomrel::cli
