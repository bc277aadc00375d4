#pragma once

#include "lib/operations/rollback_hosts.hpp"

#include <string>

// What a rollback that builds anew has to prove, and what an operator's word instead of a proof has
// to go through (design 13.2).
namespace loomrel::operations {

// Error(refused) where --unapproved is asked for without a person at a terminal.
void check_may_be_unapproved(const Console& console,
                             bool unapproved,
                             const std::optional<std::string>& to);

// Error(refused): it would be a rebuild, and --kept-only forbids that. The ledger is told.
[[noreturn]] void refuse_not_kept(const Context& context,
                                  Console& console,
                                  const RollbackHosts& hosts,
                                  const deploy::RollbackTarget& target,
                                  const RollbackRequest& request);

// Error(refused): it would be a rebuild, with settings that production was not deployed with. The
// ledger is told.
[[noreturn]] void refuse_unproven(const Context& context,
                                  Console& console,
                                  const RollbackHosts& hosts,
                                  const deploy::RollbackTarget& target,
                                  const RollbackRequest& request);

// The commit that may be built: one that ended a good run in production, by the ledger, or by the
// host's own record. "": nobody knows of one, and that is what was asked for. Error(refused) else.
[[nodiscard]] std::string prove(const Context& context,
                                Console& console,
                                const RollbackHosts& hosts,
                                const deploy::RollbackTarget& target,
                                const RollbackRequest& request);

// Before anything is started: people hear of it whatever becomes of this program and of the ledger.
void keep_unapproved(const Context& context, const store::Run& run, const std::string& from);

// Delivers what was kept, if the ledger takes it now.
void tell_now(const Context& context, Console& console, store::Store& ledger);

} // namespace loomrel::operations
