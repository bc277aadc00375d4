#pragma once

#include "lib/store/sql/session.hpp"
#include "lib/store/store.hpp"

namespace loomrel::store {

// The one move to `deploying`, in a transaction of the caller's (design 13.2).
[[nodiscard]] Claimed claim(Session& session, const Claim& claim);

} // namespace loomrel::store
