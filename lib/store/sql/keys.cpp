#include "lib/store/sql/keys.hpp"

#include "lib/store/sql/fields.hpp"

#include <algorithm>

namespace loomrel::store {

namespace {

// A note at every request would be a write at every request.
constexpr std::int64_t k_between_notes_ms = 60000;

std::string in_force(const Dialect& dialect) {
    return std::string("revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ") + dialect.now
           + ")";
}

bool may_the_same(const Key& one, const Key& other) {
    const auto sorted = [](std::vector<std::string> names) {
        std::sort(names.begin(), names.end());
        return names;
    };
    return one.scope == other.scope && one.approver_id == other.approver_id
           && sorted(one.services) == sorted(other.services);
}

} // namespace

std::optional<Key> create_key(Session& session, const NewKey& key) {
    const Dialect& dialect = session.dialect();
    Query query;
    query.text =
        "SELECT " + columns_of<Key>() + " FROM api_keys WHERE name = " + query.bind(key.key.name);
    query.text += " AND digest <> " + query.bind(key.digest) + " AND " + in_force(dialect);
    for (const Row& row : session.run(query).rows) {
        Key there = entity_of<Key>(row);
        if (!may_the_same(there, key.key)) {
            return there;
        }
    }
    Insert insert("api_keys");
    insert.set_all(key.key).set("digest", key.digest).set_sql("created_at", dialect.now);
    if (key.expires_in) {
        insert.set_sql("expires_at", instant_in(insert.bindings(), dialect, *key.expires_in));
    }
    // The digest is the caller's own: found after a lost COMMIT, it is there.
    session.run_later(insert.query(" ON CONFLICT (digest) DO NOTHING"));
    return std::nullopt;
}

std::vector<Key> list_keys(Session& session) {
    std::vector<Key> keys;
    const Query query{"SELECT " + columns_of<Key>() + " FROM api_keys ORDER BY name, id"};
    for (const Row& row : session.run(query).rows) {
        keys.push_back(entity_of<Key>(row));
    }
    return keys;
}

std::size_t revoke_keys(Session& session, const std::string& name, bool all_but_last) {
    const Dialect& dialect = session.dialect();
    Query query;
    query.text = std::string("UPDATE api_keys SET revoked_at = ") + dialect.now
                 + " WHERE name = " + query.bind(name) + " AND revoked_at IS NULL";
    if (all_but_last) {
        query.text += " AND id < (SELECT MAX(last.id) FROM api_keys AS last WHERE last.name = "
                      + query.bind(name) + " AND last.revoked_at IS NULL)";
    }
    return static_cast<std::size_t>(session.run(query).affected);
}

std::optional<FoundKey> find_key(Session& session, const std::string& digest) {
    const Dialect& dialect = session.dialect();
    Query query;
    query.text = "SELECT " + columns_of<Key>() + ", " + ms_since(dialect, "last_used_at")
                 + " FROM api_keys WHERE digest = " + query.bind(digest) + " AND "
                 + in_force(dialect);
    query.repeated = true;
    const Result found = session.run(query);
    if (found.rows.empty()) {
        return std::nullopt;
    }
    const auto& unnoted = found.rows[0].back();
    return FoundKey{entity_of<Key>(found.rows[0]),
                    !unnoted || integer_of(unnoted) >= k_between_notes_ms};
}

void note_use_of_key(Session& session, const std::string& digest) {
    Query query;
    query.text = std::string("UPDATE api_keys SET last_used_at = ") + session.dialect().now
                 + " WHERE digest = " + query.bind(digest);
    session.run_later(query);
}

} // namespace loomrel::store
