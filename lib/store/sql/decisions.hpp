#pragma once

#include "lib/store/sql/session.hpp"
#include "lib/store/store.hpp"

#include <cstdint>
#include <vector>

// People's word on a release; each in a transaction of the caller's.
namespace loomrel::store {

[[nodiscard]] Decided decide(Session& session, const Decision& decision);
[[nodiscard]] std::vector<Approval> approvals(Session& session, std::int64_t release_id);
[[nodiscard]] bool note_event(Session& session, const NewNote& note);

} // namespace loomrel::store
