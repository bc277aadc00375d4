#pragma once

#include "cli/syntax/command.hpp"

#include <optional>
#include <string>

namespace loomrel::cli {

class Services;

struct RollbackOptions {
    std::optional<std::string> service;
    std::string environment = "prod";
    std::optional<std::string> to;
    std::optional<std::string> host; // without a configuration: [USER@]HOST[:PORT]
    std::optional<std::string> identity;
    bool cancel_running = false;
    bool skip_hooks = false;
    bool kept_only = false;
    bool unapproved = false;
    bool yes = false;
    bool dry_run = false;
};

// Reads what serves and what is kept from the hosts, not from the ledger, and brings a kept version
// back. Neither ledger nor configuration nor git remote has to be there.
ExitCode run_rollback(Services& services, const RollbackOptions& options);

void register_rollback(Command& parent);

} // namespace loomrel::cli
