#include "tests/lib/store/ledgers.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <future>
#include <thread>

using namespace loomrel;
using namespace loomrel::test;
using release::Status;
using What = store::Changed::What;
using Clock = std::chrono::steady_clock;

namespace {

// Until the database says so; the test fails if it never does.
void wait_until(const PostgresLedger& ledger, const std::string& question) {
    const auto until = Clock::now() + std::chrono::seconds(20);
    while (ledger.sql("SELECT (" + question + ")::int") != "1") {
        REQUIRE(Clock::now() < until);
    }
}

// Another client that holds something while it lasts.
class Holder {
public:
    Holder(const PostgresLedger& ledger, std::string what)
        : m_ledger(&ledger),
          m_done(std::async(std::launch::async, [&ledger, text = std::move(what)] {
              return refusal_of([&] { ledger.sql(text); });
          })) {
        wait_until(ledger,
                   "EXISTS (SELECT 1 FROM pg_stat_activity WHERE application_name = 'psql'"
                   " AND query LIKE '%pg_sleep%' AND wait_event = 'PgSleep')");
    }

    ~Holder() { let_go(); }

    void let_go() {
        if (m_done.valid()) {
            m_ledger->cluster().sql("postgres",
                                    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
                                    " WHERE wait_event = 'PgSleep' AND datname = '"
                                        + m_ledger->database() + "'");
            m_done.get();
        }
    }

    std::string end() { return m_done.get(); }

private:
    const PostgresLedger* m_ledger;
    std::future<std::string> m_done;
};

// A port that takes connections and says nothing: a frozen server.
class Mute {
public:
    Mute() {
        m_socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        ::bind(m_socket, reinterpret_cast<const sockaddr*>(&address), size);
        ::listen(m_socket, 16);
        ::getsockname(m_socket, reinterpret_cast<sockaddr*>(&address), &size);
        port = ntohs(address.sin_port);
    }

    ~Mute() { ::close(m_socket); }

    std::uint16_t port = 0;

private:
    int m_socket = -1;
};

store::Options with_hosts(const PostgresLedger& ledger, const std::string& hosts) {
    store::Options options = ledger.options();
    options.url = "postgresql://postgres@" + hosts + "/" + ledger.database();
    return options;
}

std::string here(std::uint16_t port) {
    return "127.0.0.1:" + std::to_string(port);
}

} // namespace

TEST_CASE("a terminated server process is replaced by another connection") {
    LOOMREL_NEEDS(PostgresLedger);
    const PostgresLedger ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*store, {});
    for (const Status to : {Status::building, Status::stage_deploy, Status::manual_testing}) {
        REQUIRE(ledger.sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                           " WHERE datname = current_database() AND application_name = 'loomrel'")
                == "1");
        CHECK(store->apply(change_to(id, {to})).what == What::done);
    }
    CHECK(store->events(id).size() == 4);
}

TEST_CASE("a server process terminated in the middle of a transaction leaves nothing of it") {
    LOOMREL_NEEDS(PostgresLedger);
    const PostgresLedger ledger;
    const auto id = release_in(*open_ledger(ledger), {});
    const auto store = open_ledger(ledger);
    Holder holder(ledger, "BEGIN; LOCK TABLE release_events; SELECT pg_sleep(60)");
    auto moved = std::async(std::launch::async, [&] {
        auto change = change_to(id, {Status::building, Status::stage_deploy});
        change.open_run = new_run(id);
        return store->apply(change).what;
    });
    const std::string waiting = "FROM pg_stat_activity WHERE datname = current_database()"
                                " AND application_name = 'loomrel' AND wait_event_type = 'Lock'";
    wait_until(ledger, "EXISTS (SELECT 1 " + waiting + ")");
    ledger.sql("SELECT pg_terminate_backend(pid) " + waiting);
    CHECK(ledger.sql("SELECT status FROM releases") == "initiated");
    holder.let_go();
    CHECK(moved.get() == What::done);
    CHECK(ledger.sql("SELECT count(*) FROM release_events") == "3");
    CHECK(ledger.sql("SELECT count(*) FROM runs") == "1");
}

TEST_CASE("a server process killed with the whole server recovering is waited for") {
    LOOMREL_NEEDS(PostgresLedger);
    const PostgresLedger ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*store, {});
    const auto pids = ledger.cluster().backends(ledger.database());
    REQUIRE(pids.size() == 1);
    ::kill(pids[0], SIGKILL);
    CHECK(store->apply(change_to(id, {Status::building})).what == What::done);
    CHECK(store->events(id).size() == 2);
}

TEST_CASE("a frozen server process is given up for another one, within the deadline") {
    LOOMREL_NEEDS(PostgresLedger);
    const PostgresLedger ledger;
    const auto store = open_ledger(ledger, Milliseconds(6000));
    const auto id = release_in(*store, {});
    const auto pids = ledger.cluster().backends(ledger.database());
    REQUIRE(pids.size() == 1);
    ::kill(pids[0], SIGSTOP);
    const auto began = Clock::now();
    const auto changed = store->apply(change_to(id, {Status::building}));
    CHECK(Clock::now() - began < std::chrono::seconds(6));
    CHECK(changed.what == What::done);
    ::kill(pids[0], SIGCONT);
    CHECK(store->events(id).size() == 2);
}

TEST_CASE("a frozen server is an error at the deadline, not later") {
    LOOMREL_NEEDS(PostgresLedger);
    const PostgresLedger ledger;
    const auto store = open_ledger(ledger, Milliseconds(1200));
    const auto id = release_in(*store, {});
    const auto pids = ledger.cluster().backends(ledger.database());
    ::kill(ledger.cluster().pid(), SIGSTOP);
    ::kill(pids.at(0), SIGSTOP);
    const auto began = Clock::now();
    const Error error = error_of([&] { (void)store->find_release(id); });
    const auto took = Clock::now() - began;
    ::kill(pids.at(0), SIGCONT);
    ::kill(ledger.cluster().pid(), SIGCONT);
    CHECK(error.kind() == ErrorKind::ledger);
    CHECK(error.code() == "ledger_unreachable");
    CHECK(contains(error.message().ru, "не ответил вовремя"));
    CHECK(took >= Milliseconds(500));
    CHECK(took < Milliseconds(2200));
    CHECK(store->find_release(id));
}

TEST_CASE("a row that another holds is waited for, and given up at the deadline") {
    LOOMREL_NEEDS(PostgresLedger);
    const PostgresLedger ledger;
    const auto store = open_ledger(ledger, Milliseconds(1500));
    const auto id = release_in(*store, {});
    {
        Holder holder(ledger, "BEGIN; SELECT * FROM releases FOR UPDATE; SELECT pg_sleep(60)");
        const auto began = Clock::now();
        const Error error =
            error_of([&] { (void)store->apply(change_to(id, {Status::building})); });
        CHECK(Clock::now() - began < Milliseconds(2500));
        CHECK(error.kind() == ErrorKind::ledger);
        CHECK(error.code() == "ledger_busy");
        CHECK(store->find_release(id)->status == "initiated"); // readers do not wait
    }
    CHECK(store->apply(change_to(id, {Status::building})).what == What::done);
    CHECK(store->events(id).size() == 2);
}

TEST_CASE("a deadlock costs one of the two its try and us nothing") {
    LOOMREL_NEEDS(PostgresLedger);
    const PostgresLedger ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*store, {});
    Holder holder(ledger,
                  "LOCK TABLE release_events; SELECT pg_sleep(0.5);"
                  " UPDATE releases SET github_ref = 'x'");
    CHECK(store->apply(change_to(id, {Status::building})).what == What::done);
    (void)holder.end();
    CHECK(store->events(id).size() == 2);
    CHECK(ledger.sql("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
          != "");
}

TEST_CASE("a serialization failure is tried again, but not for ever") {
    LOOMREL_NEEDS(PostgresLedger);
    const PostgresLedger ledger;
    const auto store = open_ledger(ledger, Milliseconds(4000));
    const auto id = release_in(*store, {});
    const auto fail_times = [&](int times) {
        ledger.sql("DROP SEQUENCE IF EXISTS tries CASCADE; CREATE SEQUENCE tries;"
                   "CREATE OR REPLACE FUNCTION fail_first() RETURNS trigger LANGUAGE plpgsql AS $$"
                   "BEGIN IF nextval('tries') <= "
                   + std::to_string(times)
                   + " THEN RAISE EXCEPTION 'not now' USING ERRCODE = 'serialization_failure';"
                     "END IF; RETURN NEW; END $$;"
                     "DROP TRIGGER IF EXISTS fails ON release_events;"
                     "CREATE TRIGGER fails BEFORE INSERT ON release_events"
                     " FOR EACH ROW EXECUTE FUNCTION fail_first()");
    };
    fail_times(3);
    CHECK(store->apply(change_to(id, {Status::building})).what == What::done);
    CHECK(store->events(id).size() == 2);
    fail_times(1000000);
    CHECK(error_of([&] { (void)store->apply(change_to(id, {Status::stage_deploy})); }).code()
          == "ledger_busy");
    CHECK(store->find_release(id)->status == "building");
}

TEST_CASE("a full disk under the server is said, and nothing half done") {
    LOOMREL_NEEDS(PostgresLedger);
    const PostgresLedger ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*store, {});
    ledger.sql("CREATE FUNCTION full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
               " RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;"
               "CREATE TRIGGER fails BEFORE INSERT ON release_events"
               " FOR EACH ROW EXECUTE FUNCTION full()");
    const Error error = error_of([&] { (void)store->apply(change_to(id, {Status::building})); });
    CHECK(error.code() == "ledger_full");
    CHECK(contains(error.message().en, "could not extend file"));
    CHECK(store->find_release(id)->status == "initiated");
}

TEST_CASE("a wrong password is an error at once and stands in no message") {
    LOOMREL_NEEDS(PostgresLedger);
    const PostgresLedger ledger;
    store::Options options = ledger.options();
    options.password = Secret("canary-4711");
    const auto began = Clock::now();
    const Error wrong = error_of([&] { (void)store::open_store(options)->find_release(1); });
    CHECK(wrong.kind() == ErrorKind::ledger);
    CHECK(wrong.code() == "ledger_denied");
    CHECK_FALSE(contains(wrong.message().en + wrong.hint().en, "canary-4711"));
    options.password = Secret();
    CHECK(error_of([&] { (void)store::open_store(options)->find_release(1); }).code()
          == "ledger_denied");
    options = ledger.options();
    options.url += "_not_there";
    CHECK(error_of([&] { (void)store::open_store(options)->find_release(1); }).code()
          == "ledger_denied");
    CHECK(Clock::now() - began < std::chrono::seconds(5));
}

TEST_CASE("a password in the URL works, as it must, and is never shown") {
    LOOMREL_NEEDS(PostgresLedger);
    const PostgresLedger ledger;
    store::Options options = ledger.options();
    const std::string name = "postgres@";
    options.url.replace(options.url.find(name), name.size(), "postgres:canary-4711@");
    options.password = Secret();
    const Error error = error_of([&] { (void)store::open_store(options)->find_release(1); });
    CHECK(error.code() == "ledger_denied");
    CHECK_FALSE(contains(error.message().ru + error.message().en, "canary-4711"));
}

TEST_CASE("a database that is down is waited for until the deadline") {
    LOOMREL_NEEDS(PostgresLedger);
    const PostgresLedger ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*store, {});
    PostgresCluster& cluster = ledger.cluster();
    cluster.stop();
    const auto began = Clock::now();
    const Error error =
        error_of([&] { (void)open_ledger(ledger, Milliseconds(700))->find_release(id); });
    CHECK(error.code() == "ledger_unreachable");
    CHECK(contains(error.message().en, "onnection refused"));
    CHECK(Clock::now() - began < Milliseconds(1700));

    auto moved = std::async(std::launch::async,
                            [&] { return store->apply(change_to(id, {Status::building})).what; });
    CHECK(moved.wait_for(Milliseconds(300)) == std::future_status::timeout);
    cluster.start();
    CHECK(moved.get() == What::done);
    CHECK(store->events(id).size() == 2);
}

TEST_CASE("of several hosts the one that can be written to is found") {
    LOOMREL_NEEDS(PostgresLedger);
    const PostgresLedger ledger;
    const std::string good = here(ledger.cluster().port());
    (void)open_ledger(ledger)->migrate();

    SECTION("when the first one is down") {
        CHECK(store::open_store(with_hosts(ledger, "127.0.0.1:1," + good))
                  ->create_release(new_release())
                  .created);
    }
    SECTION("when the first one is frozen") {
        const Mute mute;
        const auto began = Clock::now();
        auto options = with_hosts(ledger, here(mute.port) + "," + good);
        options.deadline = Milliseconds(9000);
        CHECK(store::open_store(options)->create_release(new_release()).created);
        CHECK(Clock::now() - began < std::chrono::seconds(9));
    }
    SECTION("when the first one can only be read") {
        PostgresCluster standby;
        std::string same;
        while (same != ledger.database()) {
            same = standby.create_database();
        }
        standby.sql("postgres",
                    "ALTER DATABASE " + same + " SET default_transaction_read_only = on");
        // Both want the same password.
        standby.sql("postgres",
                    "SET password_encryption = 'scram-sha-256'; ALTER USER postgres PASSWORD '"
                        + ledger.cluster().password() + "'");
        const auto store = store::open_store(with_hosts(ledger, here(standby.port()) + "," + good));
        CHECK(store->create_release(new_release()).created);
        CHECK(ledger.sql("SELECT count(*) FROM releases") == "1");

        // Failed over behind our back: the connection that we have becomes read-only.
        const auto alone = store::open_store(with_hosts(ledger, good + "," + here(standby.port())));
        CHECK(alone->create_release(new_release()).created);
        CHECK(standby.sql(same, "SELECT to_regclass('releases') IS NULL") == "t");
    }
}

TEST_CASE("a server that can only be read is refused, not half used") {
    LOOMREL_NEEDS(PostgresLedger);
    const PostgresLedger ledger;
    const auto id = release_in(*open_ledger(ledger), {});
    ledger.sql("ALTER DATABASE " + ledger.database() + " SET default_transaction_read_only = on");
    const Error error = error_of([&] {
        (void)open_ledger(ledger, Milliseconds(1500))->apply(change_to(id, {Status::building}));
    });
    CHECK(error.kind() == ErrorKind::ledger);
    CHECK(contains(error.message().en, "read-only"));
}

TEST_CASE("too many connections are waited out") {
    LOOMREL_NEEDS(PostgresLedger);
    const PostgresLedger ledger;
    (void)open_ledger(ledger)->migrate();
    const std::string user = "few_" + ledger.database();
    ledger.sql("CREATE USER " + user
               + " PASSWORD 'few' CONNECTION LIMIT 1;"
                 "GRANT SELECT ON ALL TABLES IN SCHEMA public TO "
               + user);
    store::Options options = ledger.options();
    options.url.replace(options.url.find("postgres@"), std::string("postgres").size(), user);
    options.password = Secret("few");
    auto first = store::open_store(options);
    CHECK(first->list_releases({}).empty());
    options.deadline = Milliseconds(600);
    const Error error = error_of([&] { (void)store::open_store(options)->list_releases({}); });
    CHECK(error.code() == "ledger_unreachable");
    CHECK(contains(error.message().en, "too many connections"));
    options.deadline = Milliseconds(10000);
    const auto second = store::open_store(options);
    auto listed = std::async(std::launch::async, [&] { return second->list_releases({}).size(); });
    CHECK(listed.wait_for(Milliseconds(200)) == std::future_status::timeout);
    first.reset();
    CHECK(listed.get() == 0);
}

TEST_CASE("the server's own zone, date style and notices change nothing and print nothing") {
    LOOMREL_NEEDS(PostgresLedger);
    const PostgresLedger ledger;
    (void)open_ledger(ledger)->migrate();
    ledger.sql("ALTER DATABASE " + ledger.database()
               + " SET timezone = 'Asia/Tokyo'; ALTER DATABASE " + ledger.database()
               + " SET datestyle = 'German'; ALTER DATABASE " + ledger.database()
               + " SET intervalstyle = 'iso_8601';"
                 "CREATE FUNCTION chatter() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                 " RAISE NOTICE 'listen'; RAISE WARNING 'to me'; RETURN NEW; END $$;"
                 "CREATE TRIGGER chats BEFORE INSERT ON releases"
                 " FOR EACH ROW EXECUTE FUNCTION chatter()");
    const TempFolder folder;
    const std::string said = folder.path() / "said";
    const auto codes = in_processes(1, [&](int) {
        const int file = ::open(said.c_str(), O_WRONLY | O_CREAT, 0600);
        ::dup2(file, 1);
        ::dup2(file, 2);
        const auto store = open_ledger(ledger);
        const auto id = release_in(*store, {Status::building});
        const auto release = store->find_release(id);
        const bool right =
            std::chrono::abs(*release->created_at - now()) < std::chrono::minutes(1)
            && std::chrono::abs(*release->started_at - now()) < std::chrono::minutes(1)
            && std::chrono::abs(store->events(id)[0].at - now()) < std::chrono::minutes(1);
        return right ? 0 : 1;
    });
    CHECK(codes == std::vector<int>{0});
    CHECK(read_whole(said).empty());
    CHECK(ledger.sql("SELECT abs(extract(epoch FROM created_at - (now() AT TIME ZONE 'UTC'))) < 60"
                     " FROM releases")
          == "t");
}

TEST_CASE(
    "statements that a pooler's other server has not prepared cost one try and nothing else") {
    LOOMREL_NEEDS(PostgresLedger);
    const PostgresLedger ledger;
    const auto store = open_ledger(ledger);
    store->migrate();
    ledger.sql("CREATE TABLE seen (prepared bigint);"
               "CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
               " INSERT INTO seen SELECT count(*) FROM pg_prepared_statements;"
               " EXECUTE 'DEALLOCATE ALL'; RETURN NEW; END $$;"
               "CREATE TRIGGER forgets AFTER INSERT ON release_events"
               " FOR EACH ROW EXECUTE FUNCTION forget()");
    for (int i = 1; i <= 6; ++i) {
        store::NewRelease release;
        release.service = "loom-content";
        release.tag = "v1.0." + std::to_string(i);
        release.by = "developer";
        release.run_id = std::to_string(i);
        release.source = "cli";
        CHECK(store->create_release(release).created);
    }
    CHECK(ledger.sql("SELECT count(*) FROM releases") == "6");
    CHECK(ledger.sql("SELECT max(prepared) > 0 FROM seen") == "t");
}

TEST_CASE("statements that somebody else has prepared at a pooler's server cost one try as well") {
    LOOMREL_NEEDS(PostgresLedger);
    const PostgresLedger ledger;
    const auto first = open_ledger(ledger);
    first->migrate();
    // Whatever one session prepares, every other one finds prepared behind its first transaction.
    ledger.sql(
        "CREATE TABLE texts (name text PRIMARY KEY, statement text);"
        "CREATE FUNCTION meet() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE t record; BEGIN"
        " INSERT INTO texts SELECT name, statement FROM pg_prepared_statements"
        "  WHERE NOT from_sql ON CONFLICT DO NOTHING;"
        " FOR t IN SELECT * FROM texts WHERE name NOT IN (SELECT name FROM pg_prepared_statements)"
        "  LOOP EXECUTE 'PREPARE ' || quote_ident(t.name) || ' AS ' || t.statement; END LOOP;"
        " RETURN NEW; END $$;"
        "CREATE TRIGGER meets AFTER INSERT ON release_events"
        " FOR EACH ROW EXECUTE FUNCTION meet()");
    const auto second = open_ledger(ledger);
    for (int i = 1; i <= 8; ++i) {
        store::NewRelease release;
        release.service = "loom-content";
        release.tag = "v1.0." + std::to_string(i);
        release.by = "developer";
        release.run_id = std::to_string(i);
        release.source = "cli";
        CHECK((i <= 4 ? first : second)->create_release(release).created);
    }
    CHECK(ledger.sql("SELECT count(*) FROM releases") == "8");
    CHECK(ledger.sql("SELECT count(*) > 0 FROM texts") == "t");
}

TEST_CASE("the server can see who we are") {
    LOOMREL_NEEDS(PostgresLedger);
    const PostgresLedger ledger;
    const auto store = open_ledger(ledger);
    (void)store->list_releases({});
    CHECK(ledger.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'loomrel'"
                     " AND datname = current_database() AND state = 'idle'")
          == "1");
}
