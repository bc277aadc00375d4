#include "lib/operations/named_run.hpp"

#include "lib/base/random.hpp"
#include "lib/base/text.hpp"
#include "lib/messages/messages.hpp"

namespace loomrel::operations {

using messages::Id;
using messages::phrase;

namespace {

constexpr std::size_t k_shortest = 4;
// So many are named to whoever has to type more.
constexpr int k_most_named = 5;

} // namespace

bool is_beginning_of_run(std::string_view typed) {
    return typed.size() >= k_shortest
           && typed.find_first_not_of("0123456789abcdef-") == std::string_view::npos;
}

std::optional<store::Run> find_named_run(store::Store& ledger, const std::string& typed) {
    auto found = ledger.find_run(typed);
    if (found || is_uuid(typed) || !is_beginning_of_run(typed)) {
        return found;
    }
    store::RunQuery query;
    query.id = typed;
    query.limit = k_most_named;
    const auto runs = ledger.list_runs(query);
    if (runs.size() > 1) {
        std::vector<std::string> ids;
        for (const store::Run& run : runs) {
            ids.push_back(run.id);
        }
        throw ambiguous_run(typed, ids);
    }
    return runs.empty() ? std::nullopt : std::optional(runs[0]);
}

Error ambiguous_run(const std::string& typed, const std::vector<std::string>& ids) {
    return {ErrorKind::usage,
            "run_ambiguous",
            phrase(Id::run_ambiguous, fmt::arg("run", typed), fmt::arg("runs", join(ids, ", "))),
            phrase(Id::run_ambiguous_hint)};
}

} // namespace loomrel::operations
