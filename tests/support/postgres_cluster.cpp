#include "tests/support/postgres_cluster.hpp"

#include "lib/base/random.hpp"
#include "lib/base/text.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace loomrel::test {

namespace {

namespace fs = std::filesystem;

// Debian keeps them out of the PATH, one folder a version.
fs::path find_programs() {
    std::vector<fs::path> folders;
    const char* path = std::getenv("PATH");
    for (const std::string_view folder : split(path == nullptr ? "" : path, ':')) {
        folders.emplace_back(folder);
    }
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
        folders.push_back(entry.path() / "bin");
    }
    for (const fs::path& folder : folders) {
        // The real ones: a wrapper in front of them may change the user by itself.
        if (::access((folder / "postgres").c_str(), X_OK) == 0
            && ::access((folder / "initdb").c_str(), X_OK) == 0
            && fs::exists(folder / "pg_ctl", ignored)) {
            return fs::canonical(folder / "postgres", ignored).parent_path();
        }
    }
    return {};
}

// The server refuses to run as root.
std::vector<std::string> as_its_user(std::vector<std::string> words) {
    std::vector<std::string> all{"setpriv", "--pdeathsig", "QUIT"};
    if (::geteuid() == 0) {
        all.insert(all.end(), {"--reuid", "postgres", "--regid", "postgres", "--clear-groups"});
    }
    all.insert(all.end(), words.begin(), words.end());
    return all;
}

std::uint16_t find_free_port() {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener, reinterpret_cast<const sockaddr*>(&address), size);
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(listener);
    return ntohs(address.sin_port);
}

void write_text(const fs::path& path, const std::string& text, bool append) {
    std::ofstream file(path, append ? std::ios::app : std::ios::trunc);
    file << text;
}

} // namespace

bool PostgresCluster::is_available() {
    const bool found =
        !find_programs().empty() && (::geteuid() != 0 || ::getpwnam("postgres") != nullptr);
    const char* required = std::getenv("LOOMREL_TEST_REQUIRE");
    if (!found && required != nullptr && std::string_view(required) == "all") {
        throw std::runtime_error("no PostgreSQL server here, and LOOMREL_TEST_REQUIRE=all");
    }
    return found;
}

PostgresCluster& PostgresCluster::shared() {
    static PostgresCluster cluster;
    return cluster;
}

PostgresCluster::PostgresCluster(const std::vector<std::string>& config)
    : m_temp("loomrel-pg"),
      m_password("pw-" + random_hex(8)) {
    make();
    std::string lines = "fsync = off\nmax_connections = 60\nshared_buffers = 16MB\n"
                        "unix_socket_directories = '"
                        + folder().string()
                        + "'\nlisten_addresses = '127.0.0.1'\ndeadlock_timeout = 100ms\n";
    for (const std::string& line : config) {
        lines += line + "\n";
    }
    write_text(folder() / "data/postgresql.conf", lines, true);
    start();
}

PostgresCluster::~PostgresCluster() {
    stop();
}

void PostgresCluster::make() {
    const fs::path secret = folder() / "password";
    write_text(secret, m_password + "\n", false);
    fs::create_directory(folder() / "data");
    if (::geteuid() == 0) {
        const passwd* user = ::getpwnam("postgres");
        for (const fs::path& path : {folder(), secret, folder() / "data"}) {
            if (::chown(path.c_str(), user->pw_uid, user->pw_gid) != 0) {
                throw std::runtime_error("cannot give " + path.string() + " to the server's user");
            }
        }
    }
    run_program(as_its_user({(find_programs() / "initdb").string(),
                             "--pgdata=" + (folder() / "data").string(),
                             "--username=postgres",
                             "--encoding=UTF8",
                             "--locale=C",
                             "--no-sync",
                             "--auth-local=trust",
                             "--auth-host=scram-sha-256",
                             "--pwfile=" + secret.string()}));
}

void PostgresCluster::start() {
    // Another program may take a free port before the server does: then another port.
    for (int attempt = 0; attempt < 5; ++attempt) {
        m_port = m_port == 0 || attempt > 0 ? find_free_port() : m_port;
        m_pid = start_program(as_its_user({(find_programs() / "postgres").string(),
                                           "-D",
                                           (folder() / "data").string(),
                                           "-p",
                                           std::to_string(m_port)}),
                              folder() / "log");
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (std::chrono::steady_clock::now() < until) {
            if (::waitpid(m_pid, nullptr, WNOHANG) == m_pid) {
                m_pid = -1;
                break;
            }
            // Its last line is "ready" once it takes connections.
            if (read_whole(folder() / "data/postmaster.pid").find("ready") != std::string::npos) {
                return;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        stop();
    }
    throw std::runtime_error("the database server does not start: " + read_whole(folder() / "log"));
}

void PostgresCluster::stop() {
    if (m_pid <= 0) {
        return;
    }
    // A server process that a test has stopped would hold the end up.
    for (const pid_t child : descendants_of(m_pid)) {
        ::kill(child, SIGCONT);
    }
    ::kill(m_pid, SIGQUIT);
    wait_for(m_pid);
    m_pid = -1;
}

std::string PostgresCluster::url(const std::string& database, std::uint16_t port) const {
    return "postgresql://postgres@127.0.0.1:" + std::to_string(port) + "/" + database;
}

std::string PostgresCluster::create_database() {
    std::string name = "ledger_" + std::to_string(++m_databases);
    sql("postgres", "CREATE DATABASE " + name);
    return name;
}

std::string PostgresCluster::sql(const std::string& database, const std::string& text) const {
    std::string answer = run_program({(find_programs() / "psql").string(),
                                      "--no-psqlrc",
                                      "--quiet",
                                      "--tuples-only",
                                      "--no-align",
                                      "--set=ON_ERROR_STOP=1",
                                      "--host=" + folder().string(),
                                      "--port=" + std::to_string(m_port),
                                      "--username=postgres",
                                      "--dbname=" + database,
                                      "--command=" + text});
    while (answer.ends_with('\n')) {
        answer.pop_back();
    }
    return answer;
}

std::vector<pid_t> PostgresCluster::backends(const std::string& database) const {
    std::vector<pid_t> pids;
    const std::string answer = sql("postgres",
                                   "SELECT pid FROM pg_stat_activity WHERE datname = '" + database
                                       + "' ORDER BY backend_start");
    for (const std::string_view line : split(answer, '\n')) {
        if (const auto pid = parse_integer(line)) {
            pids.push_back(static_cast<pid_t>(*pid));
        }
    }
    return pids;
}

} // namespace loomrel::test
