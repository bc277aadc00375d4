#pragma once

#include "lib/store/sql/session.hpp"

#include <span>
#include <string>
#include <vector>

namespace loomrel::store {

// One statement of a migration. Most read the same in both dialects: the declared types are
// Postgres' and mean nothing to SQLite.
struct MigrationStep {
    const char* postgres;
    const char* sqlite = nullptr; // nullptr = the same text
    // Passed over if this gives a row.
    const char* unless_postgres = nullptr;
    const char* unless_sqlite = nullptr;
};

// Once released, a migration is never changed: another one is added behind it. It may add, never
// take away, so that an older binary's open transactions still work (expand, then contract).
struct Migration {
    const char* name; // its date, and what it is about
    std::span<const MigrationStep> steps;
    // The oldest program that may go on working with a ledger that has this migration, named by the
    // last migration which that program knows. nullptr = no program that does not know this one.
    const char* min_client = nullptr;
};

[[nodiscard]] std::span<const Migration> migrations();

struct Applied {
    std::vector<std::string> names;   // as the ledger has them
    std::vector<std::string> pending; // known here, not there
    std::vector<std::string> newer;   // there, not known here, and closed to this program
    bool empty = true;                // there is not even a table of releases
};

// In a transaction of the caller's.
[[nodiscard]] Applied read_applied(Session& session);
// Applies one, if nobody else has; in a transaction of Access::migrate.
[[nodiscard]] bool apply_migration(Session& session, const Migration& migration);

} // namespace loomrel::store
