#pragma once

#include "cli/syntax/command.hpp"

namespace loomrel::cli {

class Services;
struct RollbackOptions;

// Reads what serves and what is kept from the hosts, not from the ledger, and brings a kept version
// back. Neither ledger nor configuration nor git remote has to be there.
ExitCode run_rollback(Services& services, const RollbackOptions& options);

void register_rollback(Command& parent);

} // namespace loomrel::cli
