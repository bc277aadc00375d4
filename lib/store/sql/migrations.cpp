#include "lib/store/sql/migrations.hpp"

#include <algorithm>

namespace loomrel::store {

namespace {

bool is_postgres(const Session& session) {
    return session.dialect().kind == Dialect::Kind::postgres;
}

// Asked of pg_class itself: to_regclass() alone may answer from what this server process remembers
// of the time before it waited for the lock.
bool has_table(Session& session, const std::string& name) {
    Query query;
    query.text = (is_postgres(session)
                      ? "SELECT 1 FROM pg_class WHERE pg_table_is_visible(oid) AND relname = "
                      : "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ")
                 + query.bind(name);
    return !session.run(query).rows.empty();
}

void run_step(Session& session, const MigrationStep& step) {
    const bool postgres = is_postgres(session);
    const char* unless = postgres ? step.unless_postgres : step.unless_sqlite;
    if (unless != nullptr && !session.run({unless}).rows.empty()) {
        return;
    }
    session.run({postgres || step.sqlite == nullptr ? step.postgres : step.sqlite});
}

// The table as the first programs made it, and what was added since.
void make_table_of_migrations(Session& session) {
    if (!has_table(session, "schema_migrations")) {
        session.run({"CREATE TABLE schema_migrations ("
                     "name TEXT PRIMARY KEY NOT NULL, applied_at TIMESTAMPTZ NOT NULL)"});
    }
    run_step(session,
             {"ALTER TABLE schema_migrations ADD COLUMN min_client TEXT NOT NULL DEFAULT ''",
              nullptr,
              "SELECT 1 FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
              " WHERE relname = 'schema_migrations' AND pg_table_is_visible(attrelid)"
              " AND attname = 'min_client' AND NOT attisdropped",
              "SELECT 1 FROM pragma_table_info('schema_migrations') WHERE name = 'min_client'"});
}

bool is_known(const std::string& name) {
    return std::any_of(migrations().begin(), migrations().end(), [&](const Migration& known) {
        return name == known.name;
    });
}

} // namespace

Applied read_applied(Session& session) {
    Applied applied;
    applied.empty = !has_table(session, "releases");
    if (has_table(session, "schema_migrations")) {
        // All columns: a ledger from before `min_client` has two, and leaves it to nobody older.
        for (const Row& row : session.run({"SELECT * FROM schema_migrations ORDER BY name"}).rows) {
            const std::string name = row[0].value_or("");
            const std::string min_client = row.size() > 2 ? row[2].value_or("") : "";
            applied.names.push_back(name);
            if (!is_known(name) && !is_known(min_client)) {
                applied.newer.push_back(name);
            }
        }
    }
    for (const Migration& migration : migrations()) {
        if (std::find(applied.names.begin(), applied.names.end(), migration.name)
            == applied.names.end()) {
            applied.pending.emplace_back(migration.name);
        }
    }
    return applied;
}

bool apply_migration(Session& session, const Migration& migration) {
    make_table_of_migrations(session);
    Query record;
    record.text = "INSERT INTO schema_migrations (name, applied_at, min_client) VALUES ("
                  + record.bind(migration.name) + ", " + session.dialect().now + ", ";
    record.text += record.bind(migration.min_client == nullptr ? "" : migration.min_client)
                   + ") ON CONFLICT (name) DO NOTHING";
    if (session.run(record).affected == 0) {
        return false;
    }
    for (const MigrationStep& step : migration.steps) {
        run_step(session, step);
    }
    return true;
}

} // namespace loomrel::store
