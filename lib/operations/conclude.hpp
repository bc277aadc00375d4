#pragma once

#include "lib/operations/context.hpp"
#include "lib/store/store.hpp"

#include <string>

// Runs that ended while nobody watched.
namespace loomrel::operations {

// Concludes an open run in the ledger if it has ended on its hosts; false: it goes on, or a host
// does not answer. One that never came to its hosts, and that nobody watches, is ended as
// cancelled.
bool conclude_if_ended(const Context& context,
                       Console& console,
                       store::Store& store,
                       const store::Run& run);

// Nobody has seen it for so long that it has no watcher (design 6, "Who moves the status").
[[nodiscard]] bool is_unwatched(const store::Run& run);

// The next operation on a service and environment concludes runs that ended while nobody watched,
// before its own start. A run still going on is left alone. `host`: only runs on that one.
void conclude_open_runs(const Context& context,
                        Console& console,
                        store::Store& store,
                        const std::string& service,
                        const std::string& environment,
                        const std::string& host = "");

} // namespace loomrel::operations
