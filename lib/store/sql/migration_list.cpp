#include "lib/store/sql/migration_keys.hpp"
#include "lib/store/sql/migration_outbox_state.hpp"
#include "lib/store/sql/migration_run_people.hpp"
#include "lib/store/sql/migration_who_acted.hpp"
#include "lib/store/sql/migrations.hpp"

#include <array>

namespace loomrel::store {

namespace {

// spec.ru.md, "Таблица releases", word for word: a ledger that the spec's bot made is taken over as
// it is, with its rows and whatever columns were added to it.
constexpr std::array k_releases{
    MigrationStep{R"(CREATE TABLE IF NOT EXISTS releases (
    id SERIAL PRIMARY KEY,
    service_name TEXT NOT NULL,
    release_tag TEXT NOT NULL,
    rollback_to_tag TEXT DEFAULT '',
    status TEXT NOT NULL,
    initiated_by TEXT NOT NULL,
    github_run_id TEXT NOT NULL,
    github_action_link TEXT NOT NULL,
    github_ref TEXT NOT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    started_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    completed_at TIMESTAMP NULL
))",
                  R"(CREATE TABLE IF NOT EXISTS releases (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    service_name TEXT NOT NULL,
    release_tag TEXT NOT NULL,
    rollback_to_tag TEXT DEFAULT '',
    status TEXT NOT NULL,
    initiated_by TEXT NOT NULL,
    github_run_id TEXT NOT NULL,
    github_action_link TEXT NOT NULL,
    github_ref TEXT NOT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    started_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    completed_at TIMESTAMP NULL
))",
                  "SELECT 1 FROM pg_class WHERE pg_table_is_visible(oid) AND relname = 'releases'"},
    MigrationStep{"ALTER TABLE releases ADD COLUMN commit_sha TEXT",
                  nullptr,
                  "SELECT 1 FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
                  " WHERE relname = 'releases' AND pg_table_is_visible(attrelid)"
                  " AND attname = 'commit_sha' AND NOT attisdropped",
                  "SELECT 1 FROM pragma_table_info('releases') WHERE name = 'commit_sha'"},
    // SQLite knows no SERIAL: rows of the spec's own table have no number there.
    MigrationStep{"SELECT 1", "UPDATE releases SET id = rowid WHERE id IS NULL"},
    // A page of any list is read off one of these, however many rows there are.
    MigrationStep{"CREATE INDEX loomrel_releases_status ON releases (status, id)"},
    MigrationStep{"CREATE INDEX loomrel_releases_service ON releases (service_name, id)"},
    MigrationStep{
        "CREATE INDEX loomrel_releases_service_status ON releases (service_name, status, id)"},
    MigrationStep{
        "CREATE INDEX loomrel_releases_service_tag ON releases (service_name, release_tag, id)"},
    MigrationStep{"CREATE INDEX loomrel_releases_tag ON releases (release_tag, id)"},
    MigrationStep{R"(CREATE TABLE release_keys (
    service TEXT NOT NULL,
    tag TEXT NOT NULL,
    run_id TEXT NOT NULL,
    release_id BIGINT NOT NULL REFERENCES releases (id),
    PRIMARY KEY (service, tag, run_id)
))"},
    // The spec's table allows two rows of one key: k_old_twins below chooses.
    MigrationStep{R"(INSERT INTO release_keys (service, tag, run_id, release_id)
SELECT service_name, release_tag, github_run_id, MIN(id) FROM releases
GROUP BY service_name, release_tag, github_run_id HAVING COUNT(*) = 1)"},
};

constexpr std::array k_history{
    MigrationStep{R"(CREATE TABLE release_events (
    id BIGSERIAL PRIMARY KEY,
    release_id BIGINT NOT NULL REFERENCES releases (id),
    at TIMESTAMPTZ NOT NULL,
    from_status TEXT NOT NULL,
    to_status TEXT NOT NULL,
    actor TEXT NOT NULL,
    source TEXT NOT NULL,
    detail JSON NOT NULL DEFAULT '{}',
    change_id TEXT NOT NULL,
    step INTEGER NOT NULL,
    UNIQUE (change_id, step)
))",
                  R"(CREATE TABLE release_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    release_id BIGINT NOT NULL REFERENCES releases (id),
    at TIMESTAMPTZ NOT NULL,
    from_status TEXT NOT NULL,
    to_status TEXT NOT NULL,
    actor TEXT NOT NULL,
    source TEXT NOT NULL,
    detail JSON NOT NULL DEFAULT '{}',
    change_id TEXT NOT NULL,
    step INTEGER NOT NULL,
    UNIQUE (change_id, step)
))"},
    MigrationStep{"CREATE INDEX loomrel_events_release ON release_events (release_id, id)"},
    MigrationStep{
        R"(CREATE FUNCTION release_events_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'release_events is append-only' USING ERRCODE = 'restrict_violation';
END
$$)",
        R"(CREATE TRIGGER release_events_no_update BEFORE UPDATE ON release_events
BEGIN SELECT RAISE(ABORT, 'release_events is append-only'); END)"},
    MigrationStep{R"(CREATE TRIGGER release_events_no_change
BEFORE UPDATE OR DELETE ON release_events
FOR EACH ROW EXECUTE FUNCTION release_events_are_kept())",
                  R"(CREATE TRIGGER release_events_no_delete BEFORE DELETE ON release_events
BEGIN SELECT RAISE(ABORT, 'release_events is append-only'); END)"},
    // The second fires for a replica's session too and for an empty table.
    MigrationStep{R"(CREATE TRIGGER release_events_no_truncate
BEFORE TRUNCATE ON release_events
FOR EACH STATEMENT EXECUTE FUNCTION release_events_are_kept())",
                  "SELECT 1"},
    MigrationStep{R"(CREATE TABLE release_approvals (
    release_id BIGINT NOT NULL REFERENCES releases (id),
    commit_sha TEXT NOT NULL,
    approver_id BIGINT NOT NULL,
    approver_name TEXT NOT NULL,
    decision TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (release_id, approver_id)
))"},
};

constexpr std::array k_runs{
    MigrationStep{R"(CREATE TABLE runs (
    id TEXT PRIMARY KEY NOT NULL,
    service TEXT NOT NULL,
    environment TEXT NOT NULL,
    kind TEXT NOT NULL,
    release_id BIGINT REFERENCES releases (id),
    ref TEXT NOT NULL,
    commit_sha TEXT NOT NULL,
    github_run_id TEXT NOT NULL,
    github_run_attempt INTEGER NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    outcome TEXT,
    result TEXT NOT NULL DEFAULT ''
))"},
    MigrationStep{"CREATE INDEX loomrel_runs_place ON runs (service, environment, started_at)"},
    MigrationStep{"CREATE INDEX loomrel_runs_release ON runs (release_id, started_at)"},
    MigrationStep{"CREATE INDEX loomrel_runs_started ON runs (started_at)"},
    MigrationStep{"CREATE INDEX loomrel_runs_open ON runs (started_at) WHERE ended_at IS NULL"},
    MigrationStep{R"(CREATE TABLE run_hosts (
    run_id TEXT NOT NULL REFERENCES runs (id),
    host TEXT NOT NULL,
    position INTEGER NOT NULL,
    state TEXT NOT NULL,
    outcome TEXT NOT NULL,
    serves TEXT NOT NULL,
    PRIMARY KEY (run_id, host)
))"},
};

constexpr std::array k_notices{
    MigrationStep{R"(CREATE TABLE outbox (
    id BIGSERIAL PRIMARY KEY,
    kind TEXT NOT NULL,
    release_id BIGINT REFERENCES releases (id),
    event_id BIGINT REFERENCES release_events (id),
    fact JSON NOT NULL DEFAULT '{}',
    key TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL DEFAULT 'waiting',
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    created_at TIMESTAMPTZ NOT NULL,
    due_at TIMESTAMPTZ NOT NULL
))",
                  R"(CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    release_id BIGINT REFERENCES releases (id),
    event_id BIGINT REFERENCES release_events (id),
    fact JSON NOT NULL DEFAULT '{}',
    key TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL DEFAULT 'waiting',
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    created_at TIMESTAMPTZ NOT NULL,
    due_at TIMESTAMPTZ NOT NULL
))"},
    MigrationStep{"CREATE INDEX loomrel_outbox_due ON outbox (state, due_at)"},
    MigrationStep{R"(CREATE TABLE messages (
    release_id BIGINT NOT NULL REFERENCES releases (id),
    chat_id BIGINT NOT NULL,
    thread_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    purpose TEXT NOT NULL,
    PRIMARY KEY (release_id, chat_id, thread_id, message_id)
))"},
    MigrationStep{R"(CREATE TABLE telegram_updates (
    update_id BIGINT PRIMARY KEY NOT NULL,
    at TIMESTAMPTZ NOT NULL
))"},
    MigrationStep{"CREATE INDEX loomrel_telegram_updates_at ON telegram_updates (at)"},
    MigrationStep{R"(CREATE TABLE leases (
    name TEXT PRIMARY KEY NOT NULL,
    owner TEXT NOT NULL,
    until TIMESTAMPTZ NOT NULL
))"},
};

constexpr std::array k_outbox_order{
    // What waits is read in the order in which it happened, however much was sent before.
    MigrationStep{"CREATE INDEX loomrel_outbox_waiting ON outbox (id) WHERE state = 'waiting'"},
    MigrationStep{"CREATE INDEX loomrel_outbox_parked ON outbox (id) WHERE state = 'parked'"},
    // Nothing was ever read by it, and a planner may take it for the better one.
    MigrationStep{"DROP INDEX loomrel_outbox_due"},
};

constexpr std::array k_dispatches{
    MigrationStep{"CREATE INDEX loomrel_outbox_dispatches ON outbox (release_id, id)"
                  " WHERE kind = 'dispatch'"},
    // Left behind where no `serve` ever worked them off.
    MigrationStep{"UPDATE outbox SET state = 'sent', error = 'the release has moved on'"
                  " WHERE state = 'waiting' AND kind = 'dispatch' AND release_id NOT IN"
                  " (SELECT id FROM releases WHERE status = 'manual_test_passed')"},
};

constexpr std::array k_moved_chats{
    MigrationStep{R"(CREATE TABLE telegram_chats (
    old_id BIGINT PRIMARY KEY NOT NULL,
    new_id BIGINT NOT NULL,
    at TIMESTAMPTZ NOT NULL
))"},
};

constexpr std::array k_old_twins{
    // Of two old rows of one key the newer is the one: a third would be one more deploy.
    MigrationStep{R"(INSERT INTO release_keys (service, tag, run_id, release_id)
SELECT service_name, release_tag, github_run_id, MAX(id) FROM releases
WHERE NOT EXISTS (SELECT 1 FROM release_keys WHERE service = service_name
    AND tag = release_tag AND run_id = github_run_id)
GROUP BY service_name, release_tag, github_run_id)"},
};

constexpr std::array k_trust{
    // Design 13.2: who may approve, as a `serve` last wrote it; every row is one that was in force.
    MigrationStep{R"(CREATE TABLE approval_rules (
    id BIGSERIAL PRIMARY KEY,
    at TIMESTAMPTZ NOT NULL,
    actor TEXT NOT NULL,
    rules JSON NOT NULL
))",
                  R"(CREATE TABLE approval_rules (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TIMESTAMPTZ NOT NULL,
    actor TEXT NOT NULL,
    rules JSON NOT NULL
))"},
    MigrationStep{
        R"(CREATE FUNCTION approval_rules_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'approval_rules is append-only' USING ERRCODE = 'restrict_violation';
END
$$)",
        R"(CREATE TRIGGER approval_rules_no_update BEFORE UPDATE ON approval_rules
BEGIN SELECT RAISE(ABORT, 'approval_rules is append-only'); END)"},
    MigrationStep{R"(CREATE TRIGGER approval_rules_no_change
BEFORE UPDATE OR DELETE OR TRUNCATE ON approval_rules
FOR EACH STATEMENT EXECUTE FUNCTION approval_rules_are_kept())",
                  R"(CREATE TRIGGER approval_rules_no_delete BEFORE DELETE ON approval_rules
BEGIN SELECT RAISE(ABORT, 'approval_rules is append-only'); END)"},
    // Design 13.3. Nothing that is there already is outrun.
    MigrationStep{"ALTER TABLE releases ADD COLUMN superseded_by BIGINT",
                  nullptr,
                  "SELECT 1 FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
                  " WHERE relname = 'releases' AND pg_table_is_visible(attrelid)"
                  " AND attname = 'superseded_by' AND NOT attisdropped",
                  "SELECT 1 FROM pragma_table_info('releases') WHERE name = 'superseded_by'"},
    // What is outrun stays so for ever: the lists of both kinds are read off an index. In these
    // words, which store::k_is_outrun repeats, because neither database takes a partial index for
    // the better one where it knows little of the rows.
    MigrationStep{"CREATE INDEX loomrel_releases_current ON releases"
                  " (status, (CASE WHEN superseded_by IS NULL THEN 0 ELSE 1 END), id)"},
    MigrationStep{"CREATE INDEX loomrel_releases_service_current ON releases (service_name, status,"
                  " (CASE WHEN superseded_by IS NULL THEN 0 ELSE 1 END), id)"},
    MigrationStep{"CREATE INDEX loomrel_releases_commit ON releases (service_name, commit_sha)"},
    // One release for a service, tag and commit: its key stands beside those of GitHub's runs.
    MigrationStep{"INSERT INTO release_keys (service, tag, run_id, release_id)"
                  " SELECT service_name, release_tag, 'commit:' || commit_sha, MIN(id)"
                  " FROM releases WHERE commit_sha IS NOT NULL AND commit_sha <> ''"
                  " GROUP BY service_name, release_tag, commit_sha ON CONFLICT DO NOTHING",
                  "INSERT OR IGNORE INTO release_keys (service, tag, run_id, release_id)"
                  " SELECT service_name, release_tag, 'commit:' || commit_sha, MIN(id)"
                  " FROM releases WHERE commit_sha IS NOT NULL AND commit_sha <> ''"
                  " GROUP BY service_name, release_tag, commit_sha"},
    MigrationStep{"ALTER TABLE runs ADD COLUMN source TEXT NOT NULL DEFAULT ''"},
    // Design 13.4: the settings that went to production's host, or would have, by key and hash.
    MigrationStep{"ALTER TABLE runs ADD COLUMN settings TEXT NOT NULL DEFAULT '{}'"},
    MigrationStep{R"(CREATE TABLE release_settings (
    release_id BIGINT PRIMARY KEY NOT NULL REFERENCES releases (id),
    settings TEXT NOT NULL
))"},
    // Of several that are open for one thing the newest goes on; how the others ended may still be
    // learned from their hosts.
    MigrationStep{"UPDATE runs SET ended_at = seen_at, outcome = 'unknown'"
                  " WHERE ended_at IS NULL AND environment <> 'dev' AND EXISTS"
                  " (SELECT 1 FROM runs AS newer WHERE newer.ended_at IS NULL"
                  " AND newer.service = runs.service AND newer.environment = runs.environment"
                  " AND newer.kind = runs.kind"
                  " AND COALESCE(newer.release_id, 0) = COALESCE(runs.release_id, 0)"
                  " AND (newer.started_at > runs.started_at"
                  " OR (newer.started_at = runs.started_at AND newer.id > runs.id)))"},
    // Developers each have a host of their own: there, several may be open.
    MigrationStep{"CREATE UNIQUE INDEX loomrel_runs_one_open ON runs"
                  " (service, environment, kind, COALESCE(release_id, 0))"
                  " WHERE ended_at IS NULL AND environment <> 'dev'"},
};

constexpr std::array k_migrations{
    Migration{"2026-11-20-releases", k_releases},
    Migration{"2026-11-21-history", k_history},
    Migration{"2026-11-22-runs", k_runs},
    Migration{"2026-11-23-notices", k_notices},
    Migration{"2026-11-24-outbox-order", k_outbox_order},
    Migration{"2026-11-25-dispatches", k_dispatches},
    Migration{"2026-11-25-moved-chats", k_moved_chats},
    Migration{"2026-11-29-old-twins", k_old_twins},
    Migration{"2026-12-01-trust", k_trust},
    Migration{"2026-12-01-outbox-state", k_outbox_state},
    Migration{"2026-12-01-keys", k_keys_of_the_api, "2026-12-01-outbox-state"},
    Migration{"2026-12-01-run-people", k_run_people, "2026-12-01-outbox-state"},
    Migration{"2026-12-01-who-acted", k_actors},
};

} // namespace

std::span<const Migration> migrations() {
    return k_migrations;
}

} // namespace loomrel::store
