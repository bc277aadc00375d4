#pragma once

#include "lib/operations/context.hpp"
#include "lib/release/release.hpp"

namespace loomrel::operations {

// Exit code 0 means that the version serves. A good run of before does not say so: somebody may
// have put another version back by hand, which the ledger does not hear of. Looks at every host of
// production: Error(refused) where one serves another version, the host's own error where none
// answers. One that is silent beside others is told of.
void check_still_serves(const Context& context, Console& console, const release::Release& release);

} // namespace loomrel::operations
