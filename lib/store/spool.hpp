#pragma once

#include "lib/store/store.hpp"

#include <cstddef>
#include <filesystem>
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

// Results that the ledger has not been told yet: one file a change, in this machine's state folder.
// Telling one twice is harmless (Change::id), so a file goes only after the ledger's answer.
class Spool {
public:
    // `ledger` is the shown URL: what was meant for one ledger is never told to another.
    Spool(std::filesystem::path folder, std::string ledger);

    // Throws std::system_error if it cannot be written.
    void keep(const Change& change);
    void keep(const Rollback& rollback);

    // Tells everything kept for this ledger, oldest first; gives how many. Stops at the first that
    // the ledger cannot be told; a change that it refuses is dropped: it moved on without us.
    std::size_t deliver(Store& store);

    [[nodiscard]] std::size_t waiting() const;

private:
    [[nodiscard]] std::vector<std::filesystem::path> files() const;
    void write(const std::string& id, const std::string& kind, const std::string& json);

    std::filesystem::path m_folder;
    std::string m_ledger;
};

// A change whose release_id is 0 only ends a run.
Changed tell(Store& store, const Change& change);

// The newest release of the tag that a rollback on production can be of; nullopt: the ledger knows
// none.
[[nodiscard]] std::optional<std::int64_t>
release_to_roll_back(Store& store, const std::string& service, const std::string& tag);

// Moves the release that served (-> rollback -> rollback_done | rollback_failed, rollback_to_tag)
// and the one that serves again (rollback_done -> deployed), and ends the run. What is given back
// is of the first; on any environment but prod no release is moved (design 6).
Changed tell(Store& store, const Rollback& rollback);

} // namespace loomrel::store
