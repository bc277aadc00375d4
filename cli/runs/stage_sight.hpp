#pragma once

#include "cli/context/services.hpp"
#include "lib/bot/operations.hpp"

namespace loomrel::cli {

// Looks at every host of stage at once: does it serve the release's commit? Its tag is not enough,
// a tag may be moved. Takes 10 s at most; asks hosts, not the ledger. Of `services` it uses only
// what many threads may.
[[nodiscard]] bot::StageSight look_at_stage(Services& services, const release::Release& release);

} // namespace loomrel::cli
