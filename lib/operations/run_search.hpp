#pragma once

#include "lib/operations/context.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace loomrel::operations {

struct FoundRun {
    store::Run run;
    std::unique_ptr<store::Store> ledger; // null: it does not answer, or does not know the run
};

// The services whose hosts may know a run. Asked only where the ledger does not.
using ServicesMeant = std::function<std::vector<std::string>()>;

// The run of this id or beginning of one, by the ledger; where that is away or does not know it, by
// the hosts on which it goes on. One that the ledger knows may have ended. Error(usage) if nobody
// knows it.
[[nodiscard]] FoundRun search_run(const Context& context,
                                  Console& console,
                                  const std::string& id,
                                  const ServicesMeant& services);

} // namespace loomrel::operations
