#pragma once

#include "cli/context/services.hpp"
#include "lib/deploy/report.hpp"

namespace loomrel::cli {

// Puts the end of a run on a developer's host among what people are to be told: a release's moves
// are told by the store itself, a branch has none. Safe to repeat; a ledger that is away loses it,
// and that is no error: the run has been shown.
void tell_dev_end(Services& services,
                  store::Store& store,
                  const store::Run& run,
                  const deploy::Report& report);

} // namespace loomrel::cli
