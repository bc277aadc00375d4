#pragma once

#include "lib/store/keys.hpp"
#include "lib/store/sql/session.hpp"

#include <optional>
#include <string>
#include <vector>

// The table of keys; each in a transaction of the caller's.
namespace loomrel::store {

// nullopt: it was made. Else what stands in its way: one of its name is in force, and may do
// something else.
[[nodiscard]] std::optional<Key> create_key(Session& session, const NewKey& key);
[[nodiscard]] std::vector<Key> list_keys(Session& session);
[[nodiscard]] std::size_t revoke_keys(Session& session, const std::string& name, bool all_but_last);

struct FoundKey {
    Key key;
    bool is_note_due = false; // its use has not been noted for a minute
};

[[nodiscard]] std::optional<FoundKey> find_key(Session& session, const std::string& digest);
void note_use_of_key(Session& session, const std::string& digest);

} // namespace loomrel::store
