#pragma once

#include "lib/store/sql/moves.hpp"
#include "lib/store/sql/session.hpp"

#include <optional>
#include <string>

// What stands behind the word that a release is deployed (design 13.6); each in a transaction of
// the caller's.
namespace loomrel::store {

// No run of loomrel's, wherever it was.
[[nodiscard]] bool has_no_run(Session& session, const std::string& service);

// A production run of any kind ended good and left this release's commit serving. `commit`: the one
// that is pinned in the same transaction. A release without one is known by its own runs.
[[nodiscard]] bool
has_served(Session& session, const Present& release, const std::optional<std::string>& commit);

// The event's detail, saying so: release::Release::unverified is read off it.
[[nodiscard]] std::string marked_unverified(const std::string& detail);

} // namespace loomrel::store
