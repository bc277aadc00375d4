#pragma once

#include "lib/store/spool/rollback.hpp"
#include "lib/store/store.hpp"

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>

namespace loomrel::store {

// An operator lets into production what nothing proves (design 13.2): told to people whatever
// became of the run, and kept before it begins.
struct Unapproved {
    std::string id; // a UUID made by the caller; told twice, it is one notice
    std::string run_id;
    std::string service;
    std::string environment;
    std::string tag;
    std::string from; // what served; "" = nothing
    std::string actor;
    Time at;
};

// Results that the ledger has not been told yet: one file a run's end, in this machine's state
// folder. Telling one twice is harmless (Change::id), so a file goes only after the ledger's
// answer. Nothing else is taken from a file: no claim, no decision, no move of a release but by the
// end of a run that the ledger knows to be its own.
class Spool {
public:
    // `ledger` is the shown URL: what was meant for one ledger is never told to another. "": nobody
    // could read which one it is.
    Spool(std::filesystem::path folder, std::string ledger);

    // Throws std::system_error if it cannot be written.
    void keep(const Change& change);
    void keep(const Rollback& rollback);
    void keep(const Unapproved& unapproved);

    // Tells everything kept for this ledger, oldest first; gives how many. Throws where the ledger
    // does not answer, the rest being kept. A move that the release's status forbids is dropped: it
    // moved on without us. What the ledger cannot take at all, or what no run's end can hold, is
    // set aside, so that it does not hold up what comes behind it.
    std::size_t deliver(Store& store) { return deliver(store, false); }

    // The same, and what was kept while nobody could read which ledger it is for: for a person who
    // says that it is this one.
    std::size_t deliver_all(Store& store) { return deliver(store, true); }

    // For this ledger, or nobody knows for which one.
    [[nodiscard]] std::size_t waiting() const;
    // For others, which only a command with their address tells: how many, by that address.
    [[nodiscard]] std::map<std::string, std::size_t> waiting_elsewhere() const;

    // How many were set aside: files *.refused in folder().
    [[nodiscard]] std::size_t refused() const;

    [[nodiscard]] const std::filesystem::path& folder() const { return m_folder; }

private:
    std::size_t deliver(Store& store, bool nameless);
    [[nodiscard]] std::vector<std::filesystem::path> files(const char* extension) const;
    [[nodiscard]] std::map<std::string, std::size_t> by_ledger() const;
    void write(const std::string& id, const std::string& kind, const std::string& json);

    std::filesystem::path m_folder;
    std::string m_ledger;
};

// The row of a run that began while the ledger was away, if there is none yet. It is marked as told
// afterwards: such a run proves nothing.
void tell_late(Store& store, Run run);

// A change whose release_id is 0 only ends a run.
Changed tell(Store& store, const Change& change);

} // namespace loomrel::store
