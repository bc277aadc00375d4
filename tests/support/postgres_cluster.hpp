#pragma once

#include "tests/support/process.hpp"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace loomrel::test {

// A PostgreSQL of the test's own: a cluster in a temporary folder, on a free port of 127.0.0.1 and
// on a socket in the folder. Over TCP it wants the password, over the socket it does not. Ready
// when constructed; gone with everything in it when destroyed, or when the test program dies.
class PostgresCluster {
public:
    // More lines of postgresql.conf.
    explicit PostgresCluster(const std::vector<std::string>& config = {});
    ~PostgresCluster();
    PostgresCluster(const PostgresCluster&) = delete;
    PostgresCluster& operator=(const PostgresCluster&) = delete;

    // False on a machine without the server's programs; an error there if LOOMREL_TEST_REQUIRE=all.
    [[nodiscard]] static bool is_available();
    // One for the whole test program, made at the first call.
    [[nodiscard]] static PostgresCluster& shared();

    [[nodiscard]] std::uint16_t port() const { return m_port; }

    [[nodiscard]] const std::filesystem::path& folder() const { return m_temp.path(); }

    [[nodiscard]] const std::string& password() const { return m_password; }

    // Without the password; `port` may be a proxy's.
    [[nodiscard]] std::string url(const std::string& database, std::uint16_t port) const;

    [[nodiscard]] std::string url(const std::string& database) const {
        return url(database, m_port);
    }

    // An empty database of a name of its own.
    std::string create_database();

    // By psql as superuser: columns separated by "|", rows by newlines, none at the end.
    // std::runtime_error if the server refuses it.
    std::string sql(const std::string& database, const std::string& text) const;

    // The server processes that serve a database at the moment.
    [[nodiscard]] std::vector<pid_t> backends(const std::string& database) const;

    // The listener.
    [[nodiscard]] pid_t pid() const { return m_pid; }

    void stop();
    void start();

private:
    void make();

    TempFolder m_temp;
    std::string m_password;
    std::uint16_t m_port = 0;
    pid_t m_pid = -1;
    int m_databases = 0;
};

} // namespace loomrel::test
