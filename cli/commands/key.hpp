#pragma once

#include "cli/context/services.hpp"
#include "cli/syntax/command.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace loomrel::cli {

struct KeyCreateOptions {
    std::string name;
    std::optional<std::string> scope;
    std::vector<std::string> services;
    std::optional<std::int64_t> approver;
    std::optional<std::string> expires;
    bool dry_run = false;
};

struct KeyRevokeOptions {
    std::string name;
    bool older = false;
    bool dry_run = false;
};

void register_key(Command& parent);

// These write into the ledger's database, and never over an API: whoever may open the database is
// the ledger (design 13.1), and no key makes another.
[[nodiscard]] ExitCode run_key_create(Services& services, const KeyCreateOptions& options);
[[nodiscard]] ExitCode run_key_list(Services& services);
[[nodiscard]] ExitCode run_key_revoke(Services& services, const KeyRevokeOptions& options);

} // namespace loomrel::cli
