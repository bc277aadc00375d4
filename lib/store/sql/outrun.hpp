#pragma once

#include "lib/store/sql/session.hpp"
#include "lib/store/store.hpp"

namespace loomrel::store {

// Design 13.3. A run has ended: a release under test that stage no longer serves is outrun by what
// it serves, one that it serves again is not outrun any more; what is older than a version that
// has just ended good in production is outrun by that. In the transaction that ends the run.
void note_what_serves(Session& session, const Run& run, const RunEnd& end);

} // namespace loomrel::store
