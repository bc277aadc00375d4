#pragma once

#include "lib/store/store.hpp"

#include <string>
#include <vector>

namespace loomrel::operations {

// At most query.limit: those that are open, and behind them the others; each newest first.
[[nodiscard]] std::vector<store::Run> runs_open_first(store::Store& ledger,
                                                      const store::RunQuery& query);

// Through what a run came: "cli", "github", "bot", "serve", or "host" where nobody but its host
// told of it; "" = a row that does not say.
[[nodiscard]] std::string way_of(const store::Run& run);

} // namespace loomrel::operations
