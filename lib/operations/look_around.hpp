#pragma once

#include "lib/deploy/take_over.hpp"
#include "lib/operations/context.hpp"
#include "lib/store/store.hpp"

#include <string>
#include <vector>

namespace loomrel::operations {

// What the hosts of a service and environment have to tell the ledger.
struct LookedAt {
    deploy::Untold untold;
    std::vector<std::string> silent; // hosts that did not answer, with why
};

// Looks at every host of stage and production that there are credentials for, of the services that
// are configured and of those that the ledger knows. Changes nothing; deploy::take_over tells.
[[nodiscard]] std::vector<LookedAt>
look_around(const Context& context, Console& console, store::Store& ledger);

} // namespace loomrel::operations
