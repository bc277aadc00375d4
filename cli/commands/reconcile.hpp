#pragma once

#include "cli/syntax/command.hpp"

namespace loomrel::cli {

class Services;

struct ReconcileOptions {
    bool dry_run = false;
};

// Concludes what ended while nobody watched, and delivers the spool. Never starts anything.
ExitCode run_reconcile(Services& services, const ReconcileOptions& options);
void register_reconcile(Command& parent);

} // namespace loomrel::cli
