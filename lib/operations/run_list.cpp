#include "lib/operations/run_list.hpp"

#include <algorithm>
#include <cstddef>

namespace loomrel::operations {

std::vector<store::Run> runs_open_first(store::Store& ledger, const store::RunQuery& query) {
    store::RunQuery open = query;
    open.open_only = true;
    std::vector<store::Run> runs = ledger.list_runs(open);
    if (query.open_only) {
        return runs;
    }
    for (store::Run& run : ledger.list_runs(query)) {
        const bool known = std::any_of(
            runs.begin(), runs.end(), [&](const store::Run& one) { return one.id == run.id; });
        if (!known) {
            runs.push_back(std::move(run));
        }
    }
    runs.resize(std::min(runs.size(), static_cast<std::size_t>(std::max(query.limit, 0))));
    return runs;
}

std::string way_of(const store::Run& run) {
    if (run.source == "host") {
        return run.source;
    }
    if (run.began_via.empty() && !run.github_run_id.empty()) {
        return "github";
    }
    return run.began_via;
}

} // namespace loomrel::operations
