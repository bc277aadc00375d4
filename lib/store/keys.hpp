#pragma once

#include "lib/store/store.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The keys of the Release API (design 13.6). The ledger holds what each may do and a digest of it;
// the key itself is shown once, when it is made.
namespace loomrel::store {

// What a key is for: to look, to work in one environment, or in all of them.
enum class Scope { read, dev, stage, prod, all };
[[nodiscard]] std::string_view to_string(Scope scope);

// LOOM_INTERSERVER_SECRET_KEY: the one key that no ledger holds.
inline constexpr const char* k_interserver = "interserver";

struct Key {
    std::string name; // several have one name while they are exchanged for one another
    Scope scope = Scope::read;
    std::vector<std::string> services; // empty = all
    // The key decides as this person and does nothing else.
    std::optional<std::int64_t> approver_id;
    std::string created_by;
    // Written by the ledger, by its clock:
    Time created_at;
    std::optional<Time> expires_at;
    std::optional<Time> revoked_at;
    std::optional<Time> last_used_at; // within a minute
};

// What a ledger is given to make one of.
struct NewKey {
    Key key;
    std::string digest; // digest_of() the key itself
    std::optional<Milliseconds> expires_in;
};

// 128 bits, and words around them by which it is known for what it is.
[[nodiscard]] Secret make_key();
// False: no ledger holds such a one, so none has to be asked.
[[nodiscard]] bool has_form_of_key(std::string_view text);
// Somebody else may think up one so short, or find it by trying.
inline constexpr std::size_t k_shortest_interserver = 16;
[[nodiscard]] bool is_weak(const Secret& interserver);
// No salt and no many rounds: nobody guesses 128 bits.
[[nodiscard]] std::string digest_of(const Secret& key);
// Small letters, digits and . _ -, at most 64, none of the names that the program itself bears.
[[nodiscard]] bool is_key_name(std::string_view name);

// The ledger as the Release API serves it: whose a key is, the ledger itself says.
class ApiLedger : public Store {
public:
    // nullopt: no key of this digest is in force. Notes that it was used.
    virtual std::optional<Key> find_key(const std::string& digest) = 0;
};

} // namespace loomrel::store
