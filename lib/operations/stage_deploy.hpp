#pragma once

#include "lib/operations/deploy_plan.hpp"

#include <cstdint>
#include <optional>
#include <string>

// A deploy to stage, as far as its ledger goes: which release it is for, and whether a run is the
// answer already.
namespace loomrel::operations {

struct StageRequest {
    std::string service;
    std::string tag;
    std::string commit;                     // "" = whatever the tag names
    std::optional<std::int64_t> release_id; // nullopt = found by tag and GitHub run, or made
    bool again = false;                     // although stage serves it already
};

struct StageRelease {
    release::Release release;
    // The run that is the answer, if one is: what goes on is joined; what ended is reported while
    // stage still serves it, unless it is wanted again.
    deploy::Decision decision;
};

// The release that was named. Nothing is written.
[[nodiscard]] StageRelease
given_stage_release(const Context& context, store::Store& ledger, const StageRequest& asked);

// The one named, the one of this GitHub run, the one whose way to stage is not over, or a new one.
[[nodiscard]] StageRelease
find_stage_release(const Context& context, store::Store& ledger, const StageRequest& asked);

// The plan is for this release: for the commit that it is pinned to. Error(refused) where its
// status is one that has no moves.
void plan_for(deploy::Request& request, const release::Release& release);

// Opens the run, with the move that it means for the release (design 5). What to do then: start the
// plan, `run` being its row; or attach to the run of whoever was first.
[[nodiscard]] deploy::Decision begin_stage_run(const Context& context,
                                               Console& console,
                                               store::Store& ledger,
                                               const release::Release& release,
                                               Deploying& deploying);

} // namespace loomrel::operations
