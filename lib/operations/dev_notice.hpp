#pragma once

#include "lib/deploy/report.hpp"
#include "lib/operations/context.hpp"

namespace loomrel::operations {

// Puts the end of a run on a developer's host among what people are to be told: a release's moves
// are told by the store itself, a branch has none. Safe to repeat; a ledger that is away loses it,
// and that is no error: the run has been shown.
void tell_dev_end(const Context& context,
                  Console& console,
                  store::Store& store,
                  const store::Run& run,
                  const deploy::Report& report);

} // namespace loomrel::operations
