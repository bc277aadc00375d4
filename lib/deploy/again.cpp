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

std::optional<release::Release> to_continue(const std::vector<release::Release>& releases,
                                            const std::string& commit) {
    for (const release::Release& release : releases) {
        if (!commit.empty() && release.commit_sha && *release.commit_sha != commit) {
            continue;
        }
        const auto state = release.state();
        if (!state) {
            return std::nullopt;
        }
        switch (*state) {
        case release::Status::initiated:
        case release::Status::building:
        case release::Status::stage_deploy:
        case release::Status::staging_failed:
            return release;
        case release::Status::manual_testing:
        case release::Status::manual_test_passed:
        case release::Status::manual_test_failed:
        case release::Status::deploying:
        case release::Status::deployed:
        case release::Status::production_failed:
        case release::Status::rollback:
        case release::Status::rollback_done:
        case release::Status::rollback_failed:
            return std::nullopt;
        }
    }
    return std::nullopt;
}

} // namespace loomrel::deploy
