#pragma once

#include "lib/base/error.hpp"
#include "lib/base/random.hpp"
#include "lib/server/server.hpp"
#include "lib/store/server_ledger.hpp"
#include "lib/store/store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/postgres_cluster.hpp"

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

// One suite, every store: TEMPLATE_TEST_CASE("…", "", SqliteLedger, PostgresLedger).
namespace loomrel::test {

// An empty ledger of the test's own.
class SqliteLedger {
public:
    [[nodiscard]] static bool is_available() { return true; }

    [[nodiscard]] store::Options options() const { return {"sqlite://" + file(), Secret()}; }

    // Of the database itself, however the ledger is asked.
    [[nodiscard]] store::Options database_options() const { return options(); }

    [[nodiscard]] std::string file() const { return (m_folder.path() / "ledger/releases.db"); }

    // With the database's own tools, as an operator or another program would.
    std::string sql(const std::string& text) const;

private:
    TempFolder m_folder;
};

class PostgresLedger {
public:
    PostgresLedger()
        : m_cluster(&PostgresCluster::shared()),
          m_database(m_cluster->create_database()) {}

    [[nodiscard]] static bool is_available() { return PostgresCluster::is_available(); }

    [[nodiscard]] store::Options options() const {
        return {m_cluster->url(m_database), Secret(m_cluster->password())};
    }

    std::string sql(const std::string& text) const { return m_cluster->sql(m_database, text); }

    [[nodiscard]] PostgresCluster& cluster() const { return *m_cluster; }

    [[nodiscard]] const std::string& database() const { return m_database; }

    [[nodiscard]] store::Options database_options() const { return options(); }

private:
    PostgresCluster* m_cluster;
    std::string m_database;
};

// A ledger behind a Release API on a port of its own.
class HttpLedger {
public:
    HttpLedger();
    ~HttpLedger();

    [[nodiscard]] static bool is_available() { return true; }

    [[nodiscard]] store::Options options() const;

    [[nodiscard]] store::Options database_options() const { return m_database.options(); }

    // Behind the server's back.
    std::string sql(const std::string& text) const { return m_database.sql(text); }

    // Stops the server; what was asked of it is finished.
    void stop();
    void start();

    [[nodiscard]] std::uint16_t port() const { return m_port; }

private:
    SqliteLedger m_database;
    std::uint16_t m_port = 0;
    std::unique_ptr<server::Server> m_server;
    std::thread m_thread;
};

template <typename Ledger>
std::unique_ptr<store::Store> open_ledger(const Ledger& ledger,
                                          Milliseconds deadline = Milliseconds(15000)) {
    store::Options options = ledger.options();
    options.deadline = deadline;
    return store::open_store(options);
}

// The database itself, however the ledger is asked: only there do people decide.
template <typename Ledger>
std::unique_ptr<store::ServerLedger> open_database(const Ledger& ledger) {
    return store::open_server_ledger(ledger.database_options());
}

store::NewRelease new_release(const std::string& tag = "v1.2.3");
// What take_along() pins: no two releases have one commit.
std::string commit_of(std::int64_t release_id);
// A change of one release to these statuses, one after the other. To others than moves lead to:
// std::logic_error.
store::Change change_to(std::int64_t release_id, const std::vector<release::Status>& statuses);
// Three people, one of whom is enough.
release::ApprovalRules rules_of_three(int quorum = 1);
// Somebody's word on commit_of() it.
store::Decision decision_on(std::int64_t release_id,
                            std::int64_t approver,
                            store::Verdict verdict = store::Verdict::approved);
// On stage; of commit_of() its release.
store::Run new_run(std::optional<std::int64_t> release_id = std::nullopt);
store::Run prod_run(std::int64_t release_id);
// With a prod_run().
store::Claim claim_of(std::int64_t release_id);
// The hosts of such a run all serve this.
store::RunEnd end_of(const store::Run& run, const std::string& serves, bool good = true);

// Takes it along by the real means: moves by apply, people's decisions by decide, `deploying` by
// claim, back to `building` by a deploy of its own to stage. Behind an API nobody decides: then
// `store` is the API's database. std::runtime_error if it does not go that way.
void take_along(store::Store& store,
                std::int64_t release_id,
                const std::vector<release::Status>& way);

// Makes a release and takes it along; gives its id.
std::int64_t release_in(store::Store& store,
                        const std::vector<release::Status>& way,
                        const std::string& tag = "v1.2.3");

// The event as its writer meant it: over an API the server signs, and what the client said of
// itself stands in the detail.
release::Event as_said(release::Event event);

// Runs it in so many processes of their own at once; gives the exit codes, -1 for a signal.
std::vector<int> in_processes(int count, const std::function<int(int number)>& work);

[[nodiscard]] inline bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

// The words of the exception that it throws; "" if it throws none.
std::string refusal_of(const std::function<void()>& work);

// The Error that it throws; the test fails if it throws none.
Error error_of(const std::function<void()>& work);

} // namespace loomrel::test

// Leaves the test on a machine that has not this database.
#define LOOMREL_NEEDS(Ledger)                                                                      \
    if (!Ledger::is_available()) {                                                                 \
        WARN("skipped: no database server here");                                                  \
        return;                                                                                    \
    }                                                                                              \
    static_assert(true)
