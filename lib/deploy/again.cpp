#include "lib/deploy/again.hpp"

#include <algorithm>

namespace loomrel::deploy {

Decision decide(const std::vector<store::Run>& all, const Asker& asker) {
    std::vector<store::Run> runs;
    std::copy_if(all.begin(), all.end(), std::back_inserter(runs), [](const store::Run& run) {
        return run.kind == store::RunKind::deploy;
    });
    const auto open =
        std::find_if(runs.begin(), runs.end(), [](const store::Run& run) { return !run.ended_at; });
    if (open != runs.end()) {
        return {Decision::What::attach, *open};
    }
    if (runs.empty()) {
        return {};
    }
    const store::Run& last = runs.front();
    const bool good = last.outcome == store::RunOutcome::good;
    const bool same_ask = asker.attempt > 0 && last.github_run_id == asker.github_run_id
                          && last.github_run_attempt >= asker.attempt;
    if (good || same_ask) {
        return {Decision::What::report, last};
    }
    return {};
}

} // namespace loomrel::deploy
