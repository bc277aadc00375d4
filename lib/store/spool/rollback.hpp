#pragma once

#include "lib/store/store.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace loomrel::store {

// A rollback that has ended. Named by tags: the ledger may have been away when it began, so that
// nobody could ask it for the release.
struct Rollback {
    std::string id; // a UUID made by the caller; the same rollback told twice is done once
    std::optional<std::int64_t> release_id; // of what served; if not known, the newest of from_tag
    std::string from_tag;
    std::string to_tag;
    bool good = false;
    std::string detail = "{}"; // JSON object for the last event
    std::string actor;
    Run run; // its row, if the ledger has none yet
    RunEnd end;
};

// The newest release of the tag that a rollback on production can be of; nullopt: the ledger knows
// none.
[[nodiscard]] std::optional<std::int64_t>
release_to_roll_back(Store& store, const std::string& service, const std::string& tag);

// Moves the release that served (-> rollback -> rollback_done | rollback_failed, rollback_to_tag)
// and the one that serves again (rollback_done -> deployed), and ends the run. What is given back
// is of the first; on any environment but prod no release is moved (design 6), and a notice of its
// own tells people.
Changed tell(Store& store, const Rollback& rollback);

} // namespace loomrel::store
