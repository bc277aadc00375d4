#pragma once

#include "cli/hosts/rollback_hosts.hpp"

#include <optional>
#include <string>
#include <vector>

// What a rollback is put together from, whoever asks for it: a person at a terminal, or the bot.
namespace loomrel::cli {

[[nodiscard]] deploy::Plan rollback_plan(Services& services,
                                         const RollbackHosts& hosts,
                                         const deploy::RollbackTarget& target,
                                         const std::string& actor,
                                         bool skip_hooks);

[[nodiscard]] store::Run rollback_row(Services& services,
                                      const deploy::Plan& plan,
                                      const deploy::RollbackTarget& target,
                                      const std::vector<std::string>& hosts);

// A rebuild with settings that production was not deployed with (deploy::is_unproven): refused.
[[nodiscard]] Error unproven_rebuild(const RollbackHosts& hosts,
                                     const deploy::RollbackTarget& target);

// The commit of the last good run in production under this tag, by the ledger: what a rollback may
// build anew (design 13.2). nullopt: the ledger knows of none.
[[nodiscard]] std::optional<std::string>
commit_that_served(store::Store& store, const std::string& service, const std::string& tag);

// Error(refused): this one is under way, and whoever asks wants something else.
[[noreturn]] void refuse_beside(const store::Run& other);

// The release that serves is moved with the run's row, in one transaction, before anything starts;
// which one that is comes to stand in the row. `from`: the tag that serves. `alone`: all hosts
// say that nobody is at it, so that another rollback that the ledger knows to be has just begun:
// Error(refused). Where a host is away, its lock decides.
void claim_rollback(store::Store& store,
                    store::Run& run,
                    const std::string& from,
                    const std::string& actor,
                    const std::string& source,
                    bool alone);

} // namespace loomrel::cli
