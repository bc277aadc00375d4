#pragma once

#include "lib/operations/rollback_hosts.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

// What a rollback is put together from, whoever asks for it: a person at a terminal, or the bot. He
// asks his questions in between: RollbackHosts::look - choose_rollback - plan_rollback -
// rollback_row - begin_rollback - RunDriver::run.
namespace loomrel::operations {

// Where it leads. Throws what deploy::choose_target does.
[[nodiscard]] deploy::RollbackTarget choose_rollback(const RollbackHosts& hosts,
                                                     const RollbackRequest& request);

// A rebuild in production: what is built has to have served there (design 13.2).
[[nodiscard]] bool must_be_proven(const RollbackHosts& hosts, const deploy::RollbackTarget& target);

// The plan for it; of what must be proven the target gets the commit that was. Error(refused) where
// it is not proven, not kept and `kept_only` is asked for, or its settings are not production's.
[[nodiscard]] deploy::Plan plan_rollback(const Context& context,
                                         Console& console,
                                         const RollbackHosts& hosts,
                                         deploy::RollbackTarget& target,
                                         const RollbackRequest& request);

// The same where it was proven, or need not be.
[[nodiscard]] deploy::Plan rollback_plan(const Context& context,
                                         const RollbackHosts& hosts,
                                         const deploy::RollbackTarget& target,
                                         bool skip_hooks);

// A rebuild with settings that production was not deployed with (deploy::is_unproven): refused.
[[nodiscard]] Error unproven_rebuild(const RollbackHosts& hosts,
                                     const deploy::RollbackTarget& target);

[[nodiscard]] store::Run rollback_row(const Context& context,
                                      const RollbackHosts& hosts,
                                      const deploy::RollbackTarget& target,
                                      const deploy::Plan& plan);

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
void claim_rollback(const Context& context,
                    store::Store& store,
                    store::Run& run,
                    const std::string& from,
                    bool alone);

// The last thing before the run of `plan`: claims it in a ledger that may be away. Null then; what
// the run comes to waits in the spool. `alone` is as claim_rollback has it.
[[nodiscard]] std::unique_ptr<store::Store> begin_rollback(const Context& context,
                                                           Console& console,
                                                           const RollbackHosts& hosts,
                                                           const deploy::RollbackTarget& target,
                                                           const deploy::Plan& plan,
                                                           store::Run& run,
                                                           bool alone);

} // namespace loomrel::operations
