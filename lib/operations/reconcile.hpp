#pragma once

#include "lib/operations/context.hpp"
#include "lib/operations/look_around.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace loomrel::operations {

// One open run, and what became of it here.
struct RunCheck {
    store::Run run;
    std::string state;  // concluded, running, silent; "open" = it was not looked at
    std::string detail; // of concluded: the outcome; of silent: why
};

struct Reconciled {
    std::size_t told = 0;                         // changes out of the spool
    std::map<std::string, std::size_t> elsewhere; // ledger -> changes that wait for it
    std::vector<RunCheck> runs;
    std::vector<LookedAt> hosts; // what was done on them, and the ledger is told of now
};

// Tells the ledger what waited for it and what was done on the hosts themselves, and concludes
// every open run that has ended on its hosts. `dry_run`: only what there would be to do.
[[nodiscard]] Reconciled
reconcile(const Context& context, Console& console, store::Store& ledger, bool dry_run);

} // namespace loomrel::operations
