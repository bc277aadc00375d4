#include "lib/store/migrations.hpp"

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

void make_table_of_migrations(Session& session) {
    if (!has_table(session, "schema_migrations")) {
        session.run({"CREATE TABLE schema_migrations ("
                     "name TEXT PRIMARY KEY NOT NULL, applied_at TIMESTAMPTZ NOT NULL)"});
    }
}

} // namespace

Applied read_applied(Session& session) {
    Applied applied;
    applied.empty = !has_table(session, "releases");
    if (has_table(session, "schema_migrations")) {
        for (const Row& row :
             session.run({"SELECT name FROM schema_migrations ORDER BY name"}).rows) {
            applied.names.push_back(row[0].value_or(""));
        }
    }
    for (const Migration& migration : migrations()) {
        if (std::find(applied.names.begin(), applied.names.end(), migration.name)
            == applied.names.end()) {
            applied.pending.emplace_back(migration.name);
        }
    }
    std::copy_if(applied.names.begin(),
                 applied.names.end(),
                 std::back_inserter(applied.newer),
                 [](const std::string& name) {
                     return std::none_of(
                         migrations().begin(), migrations().end(), [&](const Migration& known) {
                             return name == known.name;
                         });
                 });
    return applied;
}

bool apply_migration(Session& session, const Migration& migration) {
    make_table_of_migrations(session);
    Query record;
    record.text = "INSERT INTO schema_migrations (name, applied_at) VALUES ("
                  + record.bind(migration.name) + ", " + session.dialect().now
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
