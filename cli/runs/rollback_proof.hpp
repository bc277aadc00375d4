#pragma once

#include "cli/hosts/rollback_hosts.hpp"

#include <string>

// What a rollback that builds anew has to prove, and what an operator's word instead of a proof has
// to go through (design 13.2).
namespace loomrel::cli {

// Error(refused) where --unapproved is asked for without a person at a terminal.
void check_may_be_unapproved(Services& services, const RollbackOptions& options);

// Error(refused): it would be a rebuild, and --kept-only forbids that. The ledger is told.
[[noreturn]] void refuse_not_kept(Services& services,
                                  const RollbackHosts& hosts,
                                  const deploy::RollbackTarget& target,
                                  const RollbackOptions& options);

// Error(refused): it would be a rebuild, with settings that production was not deployed with. The
// ledger is told.
[[noreturn]] void refuse_unproven(Services& services,
                                  const RollbackHosts& hosts,
                                  const deploy::RollbackTarget& target,
                                  const RollbackOptions& options);

// The commit that may be built: one that ended a good run in production, by the ledger, or by the
// host's own record. "": nobody knows of one, and that is what was asked for. Error(refused) else.
[[nodiscard]] std::string prove(Services& services,
                                const RollbackHosts& hosts,
                                const deploy::RollbackTarget& target,
                                const RollbackOptions& options);

// No --yes answers for it: the tag is typed once more. Error(refused) if it is not.
void ask_by_typing(Services& services, const std::string& plan, const std::string& tag);

// Before anything is started: people hear of it whatever becomes of this program and of the ledger.
void keep_unapproved(Services& services, const store::Run& run, const std::string& from);

// Delivers what was kept, if the ledger takes it now.
void tell_now(Services& services, store::Store& ledger);

} // namespace loomrel::cli
