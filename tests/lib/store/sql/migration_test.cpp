#include "lib/store/postgres/session.hpp"
#include "lib/store/server_ledger.hpp"
#include "lib/store/sql/migrations.hpp"
#include "lib/store/sqlite/session.hpp"
#include "lib/store/wire/wire.hpp"
#include "tests/lib/store/ledgers.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

using namespace loomrel;
using namespace loomrel::test;
using release::Status;

namespace {

const std::size_t k_all = store::migrations().size();

// Letter by letter from the specification.
std::string spec_table() {
    const std::string spec =
        read_whole(std::string(LOOMREL_SOURCE_DIR) + "/tests/lib/messages/spec.ru.md");
    const std::size_t begin = spec.find("CREATE TABLE releases (");
    const std::size_t end = spec.find(");", begin);
    REQUIRE(begin != std::string::npos);
    return spec.substr(begin, end + 2 - begin);
}

constexpr const char* k_old_rows = R"(
ALTER TABLE releases ADD COLUMN jira_key TEXT;
INSERT INTO releases (id, service_name, release_tag, status, initiated_by, github_run_id,
    github_action_link, github_ref, created_at, started_at, jira_key) VALUES
(1, 'loom-content', 'v1.0.0', 'deployed', 'gommgo', '11', 'l', 'refs/tags/v1.0.0',
    '2024-03-15 14:30:00', '2024-03-15 14:30:00', 'LOOM-1'),
(2, 'loom-content', 'v1.0.1', 'initiated', 'gommgo', '12', 'l', 'refs/tags/v1.0.1',
    '2024-03-16 14:30:00', '2024-03-16 14:30:00', NULL),
(3, 'loom-user', 'v2.0.0', 'initiated', 'gommgo', '13', 'l', 'r',
    '2024-03-17 14:30:00', '2024-03-17 14:30:00', NULL),
(4, 'loom-user', 'v2.0.0', 'building', 'gommgo', '13', 'l', 'r',
    '2024-03-17 14:31:00', '2024-03-17 14:31:00', NULL),
(5, 'loom-user', 'v2.0.1', 'на паузе', 'gommgo', '14', 'l', 'r',
    '2024-03-18 14:30:00', '2024-03-18 14:30:00', NULL);
)";

// A ledger that the spec's own system has made and used.
template <typename Ledger> void make_old(const Ledger& ledger);

template <> void make_old(const SqliteLedger& ledger) {
    std::filesystem::create_directories(std::filesystem::path(ledger.file()).parent_path());
    ledger.sql(spec_table() + k_old_rows);
}

template <> void make_old(const PostgresLedger& ledger) {
    ledger.sql(spec_table() + k_old_rows
               + "SELECT setval(pg_get_serial_sequence('releases', 'id'), 5)");
}

std::unique_ptr<store::Session> session_to_migrate(const SqliteLedger& ledger) {
    return store::open_sqlite(
        ledger.file(), store::Access::migrate, deadline_in(Milliseconds(60000)), false);
}

std::unique_ptr<store::Session> session_to_migrate(const PostgresLedger& ledger) {
    const store::Options options = ledger.options();
    return store::open_postgres({options.url, options.password, Milliseconds(60000), 0},
                                deadline_in(Milliseconds(60000)));
}

// As an earlier loomrel would: every migration up to this one.
template <typename Ledger> void migrate_up_to(const Ledger& ledger, const std::string& last) {
    const auto session = session_to_migrate(ledger);
    for (const store::Migration& migration : store::migrations()) {
        session->begin(store::Access::migrate);
        REQUIRE(store::apply_migration(*session, migration));
        session->commit();
        if (migration.name == last) {
            return;
        }
    }
    FAIL("there is no such migration");
}

constexpr const char* k_rows_before_proofs = R"(
INSERT INTO releases (id, service_name, release_tag, status, initiated_by, github_run_id,
    github_action_link, github_ref, commit_sha) VALUES
(21, 'loom-content', 'v1.2.0', 'staging_failed', 'gommgo', '21', 'l', 'r',
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'),
(22, 'loom-content', 'v1.2.0', 'building', 'gommgo', '22', 'l', 'r',
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'),
(23, 'loom-content', 'v1.1.0', 'manual_test_passed', 'gommgo', '23', 'l', 'r',
    'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'),
(24, 'loom-content', 'v1.1.9', 'deployed', 'gommgo', '24', 'l', 'r',
    'dddddddddddddddddddddddddddddddddddddddd'),
(25, 'loom-content', 'v1.3.0', 'manual_test_passed', 'gommgo', '25', 'l', 'r',
    'cccccccccccccccccccccccccccccccccccccccc'),
(26, 'loom-content', 'v1.3.1', 'manual_testing', 'gommgo', '26', 'l', 'r', NULL);
INSERT INTO release_approvals (release_id, commit_sha, approver_id, approver_name, decision, at)
    VALUES
(23, 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 11111, 'Аня', 'approved', CURRENT_TIMESTAMP),
(25, 'cccccccccccccccccccccccccccccccccccccccc', 11111, 'Аня', 'approved', CURRENT_TIMESTAMP);
INSERT INTO runs (id, service, environment, kind, release_id, ref, commit_sha, github_run_id,
    github_run_attempt, started_at, seen_at) VALUES
('run-old', 'loom-content', 'stage', 'deploy', 22, 'r', '', '', 0, '2026-11-30 10:00:00',
    '2026-11-30 10:00:00'),
('run-new', 'loom-content', 'stage', 'deploy', 22, 'r', '', '', 0, '2026-11-30 10:00:01',
    '2026-11-30 10:00:01'),
('run-prod', 'loom-content', 'prod', 'rollback', NULL, 'r', '', '', 0, '2026-11-30 10:00:00',
    '2026-11-30 10:00:00'),
('run-dev-1', 'loom-content', 'dev', 'deploy', NULL, 'r', '', '', 0, '2026-11-30 10:00:00',
    '2026-11-30 10:00:00'),
('run-dev-2', 'loom-content', 'dev', 'deploy', NULL, 'r', '', '', 0, '2026-11-30 10:00:00',
    '2026-11-30 10:00:00');
)";

store::NewRelease with_key(const std::string& service, const std::string& tag, std::string run) {
    store::NewRelease release = new_release(tag);
    release.service = service;
    release.run_id = std::move(run);
    return release;
}

} // namespace

TEMPLATE_TEST_CASE("a ledger made by the spec's own statement is taken over with its rows",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    make_old(ledger);
    const auto store = open_ledger(ledger);
    CHECK(store->check().pending.size() == k_all);
    CHECK(store->migrate().size() == k_all);
    CHECK(store->migrate().empty());

    CHECK(ledger.sql("SELECT jira_key FROM releases WHERE id = 1") == "LOOM-1");
    const auto rows = store->list_releases({});
    REQUIRE(rows.size() == 5);
    CHECK(rows[0].status == "на паузе");
    CHECK(rows[4].status == "deployed");
    CHECK(to_rfc3339(*rows[4].created_at) == "2024-03-15T14:30:00.000Z");
    CHECK_FALSE(rows[4].commit_sha);

    // The row of a key is found again; of two rows of one key it is the newer.
    CHECK(store->create_release(with_key("loom-content", "v1.0.1", "12")).id == 2);
    CHECK_FALSE(store->create_release(with_key("loom-content", "v1.0.1", "12")).created);
    const auto twin = store->create_release(with_key("loom-user", "v2.0.0", "13"));
    CHECK(twin.id == 4);
    CHECK(twin.status == "building");
    CHECK_FALSE(twin.created);
    CHECK(store->create_release(with_key("loom-user", "v2.0.0", "14")).id == 6);
    CHECK(store->create_release(with_key("loom-user", "v2.0.0", "14")).id == 6);

    // The spec's table started every release when it was made.
    CHECK(store->apply(change_to(2, {Status::building})).what == store::Changed::What::done);
    CHECK(*store->find_release(2)->started_at > *rows[4].created_at + std::chrono::hours(24 * 365));
    CHECK(store->apply(change_to(1, {Status::rollback})).what == store::Changed::What::done);
    CHECK(store->check().problems.empty());
}

TEMPLATE_TEST_CASE("an old row that does not say when it was made stays without a time",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    make_old(ledger);
    ledger.sql("UPDATE releases SET created_at = NULL WHERE id = 1");
    const auto store = open_ledger(ledger);
    (void)store->migrate();
    const auto json = store::wire::to_json(*store->find_release(1));
    CHECK(json["created_at"].is_null());
    CHECK(!store::wire::read<release::Release>(json).created_at);
}

TEMPLATE_TEST_CASE("a ledger of any earlier loomrel is taken over with what it holds",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto id = release_in(*open_ledger(ledger), {Status::building});
    // As the one before outbox-order left it.
    ledger.sql("DELETE FROM schema_migrations WHERE name = '2026-11-24-outbox-order';"
               " DROP INDEX loomrel_outbox_waiting; DROP INDEX loomrel_outbox_parked;"
               " CREATE INDEX loomrel_outbox_due ON outbox (state, due_at);"
               " INSERT INTO outbox (kind, key, created_at, due_at) VALUES"
               " ('text', 'old', '2026-11-23 10:00:00', '2026-11-23 10:00:00')");
    CHECK(open_ledger(ledger)->check().pending.size() == 1);
    const auto server = store::open_server_ledger(ledger.options());
    CHECK(server->apply(change_to(id, {Status::staging_failed})).status == "staging_failed");
    const auto notices = server->waiting_notices(10);
    REQUIRE(notices.size() == 2);
    CHECK(notices[0].key == "old");
    CHECK(server->check().pending.empty());
    CHECK(server->check().problems.empty());
}

TEMPLATE_TEST_CASE("a ledger from before the proofs is taken over with its twins and open runs",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    make_old(ledger);
    migrate_up_to(ledger, "2026-11-29-old-twins");
    ledger.sql(k_rows_before_proofs);
    CHECK(open_ledger(ledger)->check().pending.front() == "2026-12-01-trust");
    const auto store = open_ledger(ledger);
    CHECK(store->migrate().front() == "2026-12-01-trust");
    CHECK(store->check().problems.empty());
    CHECK(store->list_releases({}).size() == 11);

    // Nothing is outrun by it, although newer ones are in production; the lists hold what they did.
    store::ReleaseQuery query;
    query.list = release::List::outrun;
    CHECK(store->list_releases(query).empty());
    query.list = release::List::active;
    CHECK(store->list_releases(query).size() == 7);
    for (const auto& row : store->list_releases({})) {
        CHECK_FALSE(row.superseded_by);
    }
    // Of two rows of one tag and commit the first has the key; both stay what they are.
    auto again = with_key("loom-content", "v1.2.0", "another-run");
    again.commit = std::string(40, 'a');
    CHECK(store->create_release(again).id == 21);
    CHECK(store->find_release(22)->status == "building");
    // Of two open runs of one release the newer goes on. Developers' are left alone.
    CHECK(store->find_run("run-old")->outcome == store::RunOutcome::unknown);
    CHECK_FALSE(store->find_run("run-new")->ended_at);
    CHECK_FALSE(store->find_run("run-dev-1")->ended_at);
    CHECK_FALSE(store->find_run("run-dev-2")->ended_at);
    CHECK_FALSE(store->find_run("run-prod")->ended_at);
    CHECK(store->find_run("run-new")->settings.empty());
    CHECK(store->find_run("run-new")->source.empty());
    auto another = new_run(22);
    CHECK(store->open_run(another).there->id == "run-new");
    store->end_run({"run-old", store::RunOutcome::failed, "{}", {}});
    CHECK(store->find_run("run-old")->outcome == store::RunOutcome::failed);

    // What was approved before is claimed after, by the claimant's rules: nobody wrote others.
    CHECK_FALSE(store->approval_rules());
    auto claim = claim_of(25);
    claim.run->commit = std::string(40, 'c');
    CHECK(store->claim(claim).what == store::Claimed::What::done);
    // What is older than production is not, though nothing marks it.
    claim = claim_of(23);
    claim.run->commit = std::string(40, 'b');
    CHECK(store->claim(claim).conflict == "outrun");
    CHECK(store->check().problems.empty());
}

TEMPLATE_TEST_CASE(
    "a writing call brings the tables up to date by itself, a reading one asks for it",
    "",
    SqliteLedger,
    PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    make_old(ledger);
    const Error error = error_of([&] { (void)open_ledger(ledger)->list_releases({}); });
    CHECK(error.kind() == ErrorKind::config);
    CHECK(error.code() == "schema_older");
    CHECK(contains(error.hint().ru, "loomrel db migrate"));
    CHECK(open_ledger(ledger)->apply(change_to(2, {Status::building})).status == "building");
    CHECK(open_ledger(ledger)->list_releases({}).size() == 5);
}

TEST_CASE("the spec's columns keep their names and types on Postgres") {
    LOOMREL_NEEDS(PostgresLedger);
    const PostgresLedger fresh;
    const PostgresLedger old;
    make_old(old);
    old.sql("ALTER TABLE releases DROP COLUMN jira_key");
    (void)open_ledger(fresh)->migrate();
    (void)open_ledger(old)->migrate();
    const std::string columns = "SELECT column_name, data_type, is_nullable, column_default"
                                " FROM information_schema.columns WHERE table_name = 'releases'"
                                " ORDER BY ordinal_position";
    CHECK(fresh.sql(columns) == old.sql(columns));
    CHECK(contains(fresh.sql(columns), "created_at|timestamp without time zone|YES|CURRENT_"));
    CHECK(contains(fresh.sql(columns), "commit_sha|text|YES|"));
}

TEST_CASE("both databases have the same tables with the same columns") {
    LOOMREL_NEEDS(PostgresLedger);
    const SqliteLedger sqlite;
    const PostgresLedger postgres;
    (void)open_ledger(sqlite)->migrate();
    (void)open_ledger(postgres)->migrate();
    const std::string here = sqlite.sql(
        "SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c"
        " WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid");
    const std::string there = postgres.sql(
        "SELECT table_name || '.' || column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' ORDER BY table_name COLLATE \"C\", ordinal_position");
    CHECK(here == there);
    CHECK(contains(here, "leases.until"));
    const std::string indexes = "loomrel_%";
    CHECK(sqlite.sql("SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE '" + indexes
                     + "' ORDER BY name")
          == postgres.sql("SELECT indexname FROM pg_indexes WHERE indexname LIKE '" + indexes
                          + "' ORDER BY indexname COLLATE \"C\""));
}

TEMPLATE_TEST_CASE("a schema newer than the program is refused, and nothing is changed",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto id = release_in(*open_ledger(ledger), {});
    ledger.sql("INSERT INTO schema_migrations (name, applied_at) VALUES"
               " ('2031-01-01-colours', '2031-01-01')");
    for (const std::function<void()>& call : std::vector<std::function<void()>>{
             [&] { (void)open_ledger(ledger)->find_release(id); },
             [&] { (void)open_ledger(ledger)->create_release(new_release()); },
             [&] { (void)open_ledger(ledger)->apply(change_to(id, {Status::building})); },
             [&] { (void)open_ledger(ledger)->migrate(); },
         }) {
        const Error error = error_of(call);
        CHECK(error.kind() == ErrorKind::config);
        CHECK(error.code() == "schema_newer");
        CHECK(contains(error.message().en, "is newer than this loomrel"));
        CHECK(contains(error.message().en, "2031-01-01-colours"));
    }
    CHECK(ledger.sql("SELECT status FROM releases") == "initiated");
    CHECK(open_ledger(ledger)->check().problems.size() == 1);
}

TEMPLATE_TEST_CASE("a newer schema names the oldest program that may go on working with it",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto id = release_in(*open_ledger(ledger), {});
    const std::string known = store::migrations().back().name;
    ledger.sql("INSERT INTO schema_migrations (name, applied_at, min_client) VALUES"
               " ('2031-01-01-colours', '2031-01-01', '"
               + known + "')");
    // One that knows the last migration of today may read and write.
    CHECK(open_ledger(ledger)->find_release(id)->status == "initiated");
    CHECK(open_ledger(ledger)->apply(change_to(id, {Status::building})).what
          == store::Changed::What::done);
    CHECK(open_ledger(ledger)->migrate().empty());
    CHECK(open_ledger(ledger)->check().problems.empty());
    // Every one of the newer ones has to let it.
    ledger.sql("INSERT INTO schema_migrations (name, applied_at, min_client) VALUES"
               " ('2032-01-01-shapes', '2032-01-01', '2031-01-01-colours')");
    const Error error =
        error_of([&] { (void)open_ledger(ledger)->apply(change_to(id, {Status::stage_deploy})); });
    CHECK(error.code() == "schema_newer");
    CHECK(contains(error.message().en, "is newer than this loomrel"));
    CHECK(contains(error.message().en, "2032-01-01-shapes"));
    CHECK_FALSE(contains(error.message().en, "colours"));
    CHECK(ledger.sql("SELECT status FROM releases") == "building");
}

TEMPLATE_TEST_CASE("of twenty migrators at once each migration is applied by one",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    make_old(ledger);
    const TempFolder folder;
    const auto codes = in_processes(20, [&](int number) {
        const auto applied = open_ledger(ledger, Milliseconds(60000))->migrate();
        (void)number;
        return static_cast<int>(applied.size());
    });
    int all = 0;
    for (const int code : codes) {
        REQUIRE(code >= 0);
        REQUIRE(code <= static_cast<int>(k_all));
        all += code;
    }
    CHECK(all == static_cast<int>(k_all));
    CHECK(ledger.sql("SELECT count(*) FROM schema_migrations") == std::to_string(k_all));
    CHECK(open_ledger(ledger)->list_releases({}).size() == 5);
}

TEMPLATE_TEST_CASE("a migrator killed at any moment leaves a schema that the next one completes",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    int killed = 0;
    for (int after_us = 500; after_us < 200000; after_us = after_us * 5 / 4) {
        const TestType ledger;
        make_old(ledger);
        const pid_t pid = ::fork();
        if (pid == 0) {
            try {
                (void)open_ledger(ledger)->migrate();
                ::_exit(0);
            } catch (...) {
                ::_exit(1);
            }
        }
        std::this_thread::sleep_for(std::chrono::microseconds(after_us)); // the moment itself
        ::kill(pid, SIGKILL);
        const int status = wait_for(pid);
        killed += WIFSIGNALED(status) ? 1 : 0;
        CAPTURE(after_us);
        const auto store = open_ledger(ledger);
        (void)store->migrate();
        CHECK(store->check().pending.empty());
        CHECK(store->check().problems.empty());
        CHECK(store->list_releases({}).size() == 5);
        CHECK(store->create_release(with_key("loom-content", "v1.0.1", "12")).id == 2);
        if (!WIFSIGNALED(status)) {
            break; // it was done by then
        }
    }
    CHECK(killed > 3);
}

TEST_CASE("who may not make tables is told so") {
    LOOMREL_NEEDS(PostgresLedger);
    const PostgresLedger ledger;
    make_old(ledger);
    const std::string user = "guest_" + ledger.database();
    ledger.sql("CREATE USER " + user
               + " PASSWORD 'guest-secret'; GRANT SELECT, INSERT, UPDATE"
                 " ON releases TO "
               + user);
    store::Options options = ledger.options();
    options.url.replace(options.url.find("postgres@"), std::string("postgres").size(), user);
    options.password = Secret("guest-secret");
    const Error error =
        error_of([&] { (void)store::open_store(options)->create_release(new_release()); });
    CHECK(error.kind() == ErrorKind::config);
    CHECK(error.code() == "ledger_no_rights");
    CHECK(contains(error.hint().en, "loomrel db migrate"));
    CHECK(ledger.sql("SELECT count(*) FROM releases") == "5");

    // Made by the owner, it can be used by others.
    (void)open_ledger(ledger)->migrate();
    const std::string rights = "SELECT, INSERT, UPDATE, DELETE";
    CHECK(contains(error.hint().en, rights));
    ledger.sql("GRANT " + rights + " ON ALL TABLES IN SCHEMA public TO " + user
               + "; GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO " + user);
    const auto store = store::open_store(options);
    CHECK(release_in(*store, {Status::building, Status::stage_deploy, Status::manual_testing})
          == 6);
    CHECK(store->decide(decision_on(6, 11111)).what == store::Decided::What::approved);
    CHECK(store->apply(change_to(6, {Status::manual_testing})).what == store::Changed::What::done);
}
