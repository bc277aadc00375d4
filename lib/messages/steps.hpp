#pragma once

#include "lib/base/language.hpp"
#include "lib/messages/ids.hpp"
#include "lib/release/status.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace loomrel::messages {

// A step of a run on a host (design 6).
struct Step {
    std::string_view name; // in the journal, in the ledger and in --json
    Id label;
    std::optional<release::Move> on_stage{}; // what its begin moves a release to that goes to stage
};

inline constexpr std::array k_steps{
    Step{"lock", Id::step_lock},
    Step{"repository", Id::step_repository},
    Step{"checkout", Id::step_checkout},
    Step{"prune", Id::step_prune},
    Step{"adopt", Id::step_adopt},
    Step{"choose", Id::step_choose},
    Step{"before_rollback", Id::step_before_rollback},
    Step{"build", Id::step_build, release::Move::building},
    Step{"before_up", Id::step_before_up},
    Step{"up", Id::step_up, release::Move::stage_deploy},
    Step{"health", Id::step_health},
    Step{"verify", Id::step_verify},
    Step{"after_up", Id::step_after_up},
    Step{"keep", Id::step_keep},
    Step{"rehearse", Id::step_rehearse},
    Step{"restore", Id::step_restore},
};

// "Сборка" for the journal's "build". A step that is not known here (a newer loomrel started the
// run) is shown by its own name.
[[nodiscard]] std::string step_label(Language language, std::string_view step);

} // namespace loomrel::messages
