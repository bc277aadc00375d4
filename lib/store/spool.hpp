#pragma once

#include "lib/store/rollback.hpp"
#include "lib/store/store.hpp"

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>

namespace loomrel::store {

// Results that the ledger has not been told yet: one file a change, in this machine's state folder.
// Telling one twice is harmless (Change::id), so a file goes only after the ledger's answer.
class Spool {
public:
    // `ledger` is the shown URL: what was meant for one ledger is never told to another.
    Spool(std::filesystem::path folder, std::string ledger);

    // Throws std::system_error if it cannot be written.
    void keep(const Change& change);
    void keep(const Rollback& rollback);

    // Tells everything kept for this ledger, oldest first; gives how many. Throws where the ledger
    // does not answer, the rest being kept. A move that the release's status forbids is dropped: it
    // moved on without us. What the ledger cannot take at all is set aside, so that it does not
    // hold up what comes behind it.
    std::size_t deliver(Store& store);

    // For this ledger.
    [[nodiscard]] std::size_t waiting() const;
    // For others, which only a command with their address tells: how many, by that address.
    [[nodiscard]] std::map<std::string, std::size_t> waiting_elsewhere() const;

    // How many were set aside: files *.refused in folder().
    [[nodiscard]] std::size_t refused() const;

    [[nodiscard]] const std::filesystem::path& folder() const { return m_folder; }

private:
    [[nodiscard]] std::vector<std::filesystem::path> files(const char* extension) const;
    [[nodiscard]] std::map<std::string, std::size_t> by_ledger() const;
    void write(const std::string& id, const std::string& kind, const std::string& json);

    std::filesystem::path m_folder;
    std::string m_ledger;
};

// A change whose release_id is 0 only ends a run.
Changed tell(Store& store, const Change& change);

} // namespace loomrel::store
