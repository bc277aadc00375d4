#include "tests/support/sshd.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace loomrel::test {

namespace {

using namespace std::chrono_literals;

constexpr const char* k_sshd = "/usr/sbin/sshd";

// sshd 9.8 and later would shut out 127.0.0.1 after a few refusals; older ones do not know the
// word and would not start.
bool knows_penalties(const std::filesystem::path& folder) {
    try {
        run_program({k_sshd,
                     "-t",
                     "-f",
                     "/dev/null",
                     "-h",
                     (folder / "host_ed25519").string(),
                     "-o",
                     "PerSourcePenalties=no"});
        return true;
    } catch (const std::runtime_error&) {
        return false;
    }
}

// True once something at the port says "SSH-".
bool answers(std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bool good = false;
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
        pollfd waiting{socket, POLLIN, 0};
        std::array<char, 4> word{};
        good = ::poll(&waiting, 1, 5000) == 1
               && ::recv(socket, word.data(), word.size(), MSG_WAITALL) == 4
               && std::string_view(word.data(), word.size()) == "SSH-";
    }
    ::close(socket);
    return good;
}

} // namespace

std::string present_user() {
    passwd entry{};
    passwd* found = nullptr;
    std::array<char, 4096> room{};
    ::getpwuid_r(::geteuid(), &entry, room.data(), room.size(), &found);
    return found == nullptr ? "root" : found->pw_name;
}

std::uint16_t free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), size) != 0
        || ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::runtime_error("no free port");
    }
    ::close(socket);
    return ntohs(address.sin_port);
}

void make_key(const std::filesystem::path& path,
              const std::string& type,
              const std::string& passphrase) {
    std::filesystem::remove(path);
    std::filesystem::remove(path.string() + ".pub");
    run_program(
        {"ssh-keygen", "-q", "-t", type, "-N", passphrase, "-C", "test", "-f", path.string()});
}

bool Sshd::is_available() {
    if (::access(k_sshd, X_OK) == 0) {
        return true;
    }
    const char* require = std::getenv("LOOMREL_TEST_REQUIRE");
    if (require != nullptr && std::string_view(require) == "all") {
        throw std::runtime_error(std::string("LOOMREL_TEST_REQUIRE=all, and there is no ")
                                 + k_sshd);
    }
    return false;
}

Sshd::Sshd(const SshdOptions& options)
    : m_options(options),
      m_temp("loomrel-sshd"),
      m_folder(m_temp.path()) {
    if (::geteuid() == 0) {
        std::filesystem::create_directories("/run/sshd"); // sshd does not start without
    }
    make_key(client_key(), "ed25519");
    std::filesystem::copy_file(client_key().string() + ".pub", authorized_keys());
    make_host_keys();
    for (int attempt = 0; m_pid < 0; ++attempt) {
        m_port = free_port();
        try {
            start();
        } catch (const std::runtime_error&) {
            // Somebody may have taken the port meanwhile.
            if (attempt == 3) {
                throw;
            }
        }
    }
    std::ofstream known(known_hosts());
    for (const std::string& type : m_options.host_key_types) {
        known << fmt::format("[127.0.0.1]:{} ", m_port)
              << read_whole(m_folder / ("host_" + type + ".pub"));
    }
}

Sshd::~Sshd() {
    stop();
}

std::filesystem::path Sshd::authorized_keys() const {
    return m_folder / "authorized_keys";
}

ssh::Endpoint Sshd::endpoint() const {
    ssh::Endpoint endpoint;
    endpoint.user = present_user();
    endpoint.host = "127.0.0.1";
    endpoint.port = m_port;
    endpoint.known_hosts = known_hosts();
    endpoint.key_file = client_key();
    endpoint.use_agent = false;
    return endpoint;
}

std::string Sshd::fingerprint(const std::string& type) const {
    std::istringstream words(
        run_program({"ssh-keygen", "-l", "-f", (m_folder / ("host_" + type)).string()}));
    std::string bits;
    std::string fingerprint;
    words >> bits >> fingerprint;
    return fingerprint;
}

std::string Sshd::log() const {
    return read_whole(m_folder / "log");
}

void Sshd::change_host_keys() {
    stop();
    make_host_keys();
    start();
}

void Sshd::stop() {
    if (m_pid < 0) {
        return;
    }
    const std::vector<pid_t> rest = descendants_of(m_pid);
    ::kill(m_pid, SIGKILL);
    for (const pid_t pid : rest) {
        ::kill(pid, SIGKILL);
    }
    wait_for(m_pid);
    m_pid = -1;
}

void Sshd::make_host_keys() {
    for (const std::string& type : m_options.host_key_types) {
        make_key(m_folder / ("host_" + type), type);
    }
}

void Sshd::start() {
    std::vector<std::string> lines = m_options.config;
    for (const std::string& type : m_options.host_key_types) {
        lines.push_back("HostKey " + (m_folder / ("host_" + type)).string());
    }
    std::vector<std::string> own{"ListenAddress 127.0.0.1",
                                 fmt::format("Port {}", m_port),
                                 "AuthorizedKeysFile " + authorized_keys().string(),
                                 "PidFile none",
                                 "StrictModes no",
                                 "UsePAM no",
                                 "UseDNS no",
                                 "PermitRootLogin yes",
                                 "PasswordAuthentication no",
                                 "KbdInteractiveAuthentication no",
                                 "MaxStartups 200",
                                 "MaxSessions 100",
                                 // What the tester's own shell does at a login is not ours.
                                 "SetEnv HOME=" + m_folder.string(),
                                 "LogLevel VERBOSE"};
    if (knows_penalties(m_folder)) {
        own.emplace_back("PerSourcePenalties no");
    }
    // Of some words sshd takes the first, of some the last: each stands there once.
    for (const std::string& line : own) {
        const std::string word = line.substr(0, line.find(' ') + 1);
        const bool is_given =
            std::any_of(m_options.config.begin(), m_options.config.end(), [&](const auto& given) {
                return given.starts_with(word);
            });
        if (!is_given) {
            lines.push_back(line);
        }
    }
    std::string config;
    for (const std::string& line : lines) {
        config += line + "\n";
    }
    write_whole(m_folder / "sshd_config", config);

    m_pid = start_program({k_sshd, "-D", "-e", "-f", (m_folder / "sshd_config").string()},
                          m_folder / "log");
    const auto give_up = std::chrono::steady_clock::now() + 20s;
    while (!answers(m_port)) {
        int status = 0;
        if (::waitpid(m_pid, &status, WNOHANG) == m_pid
            || std::chrono::steady_clock::now() > give_up) {
            m_pid = -1;
            throw std::runtime_error("sshd does not start: " + log());
        }
        std::this_thread::sleep_for(10ms);
    }
}

} // namespace loomrel::test
