#pragma once

#include "lib/store/sql/moves.hpp"
#include "lib/store/sql/session.hpp"

#include <nlohmann/json_fwd.hpp>

namespace loomrel::store {

// A claim was refused and moved nothing: an event, and a notice. Whoever asks again and again fills
// neither history nor chat: both are left once an hour for one release and reason, and of a barred
// key once an hour in all, whatever releases it asks for.
void note_refused_claim(Session& session,
                        const Claim& claim,
                        const Present& present,
                        const nlohmann::json& detail);

} // namespace loomrel::store
