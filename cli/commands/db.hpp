#pragma once

#include "cli/context/services.hpp"
#include "cli/syntax/command.hpp"

namespace loomrel::cli {

struct DbMigrateOptions {
    bool dry_run = false;
};

void register_db(Command& parent);

[[nodiscard]] ExitCode run_db_migrate(Services& services, const DbMigrateOptions& options);
// ExitCode::usage if the ledger's invariants are broken; migrations that wait are no fault: the
// first command that writes applies them.
[[nodiscard]] ExitCode run_db_check(Services& services);

} // namespace loomrel::cli
