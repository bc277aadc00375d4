#pragma once

#include "lib/store/sql/session.hpp"
#include "lib/store/store.hpp"

namespace loomrel::store {

// The run was stopped by somebody: the history of its release and people are told by whom, once.
// Whoever holds other rows too has held the release's before.
void tell_cancelled(Session& session, const Run& run, const RunEnd& end);

} // namespace loomrel::store
