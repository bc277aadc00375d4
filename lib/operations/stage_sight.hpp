#pragma once

#include "lib/operations/context.hpp"
#include "lib/release/release.hpp"

#include <string>

namespace loomrel::operations {

// What stage's hosts said when they were looked at (design 13.4).
struct StageSight {
    enum class What {
        same,   // each serves the release's commit
        other,  // one of them does not
        silent, // one of them does not answer, and none serves anything else
    } what = What::silent;
    std::string serves; // of other: a tag, a commit or an image; "" = nothing that anybody knows
    std::string reason; // of silent: for people
};

// Asks no host: are there credentials for those of stage here?
[[nodiscard]] bool can_look_at_stage(const config::Config& config, const std::string& service);

// Looks at every host of stage at once: does it serve the release's commit? Its tag is not enough,
// a tag may be moved. Takes 10 s at most; asks hosts, not the ledger.
[[nodiscard]] StageSight look_at_stage(const Context& context, const release::Release& release);

} // namespace loomrel::operations
