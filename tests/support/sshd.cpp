#include "tests/support/sshd.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace loomrel::test {

namespace {

using namespace std::chrono_literals;

constexpr const char* k_sshd = "/usr/sbin/sshd";

pid_t start_program(std::vector<std::string> words, const std::filesystem::path& output) {
    std::vector<char*> arguments;
    for (std::string& word : words) {
        arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(
        &files, 1, output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    pid_t pid = -1;
    const int failed =
        ::posix_spawnp(&pid, arguments.front(), &files, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    if (failed != 0) {
        throw std::runtime_error("cannot start " + words.front());
    }
    return pid;
}

std::string read_all(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// What a program wrote; it must end well.
std::string run(const std::vector<std::string>& words, const std::filesystem::path& folder) {
    const std::filesystem::path output = folder / "output";
    std::filesystem::remove(output);
    const pid_t pid = start_program(words, output);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    const std::string text = read_all(output);
    if (status != 0) {
        throw std::runtime_error(words.front() + " failed: " + text);
    }
    return text;
}

// sshd 9.8 and later would shut out 127.0.0.1 after a few refusals; older ones do not know the
// word and would not start.
bool knows_penalties(const std::filesystem::path& folder) {
    try {
        run({k_sshd,
             "-t",
             "-f",
             "/dev/null",
             "-h",
             (folder / "host_ed25519").string(),
             "-o",
             "PerSourcePenalties=no"},
            folder);
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

std::map<pid_t, pid_t> parents() {
    std::map<pid_t, pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != std::string::npos) {
            continue;
        }
        const std::string stat = read_all(entry.path() / "stat");
        const std::size_t end = stat.rfind(')'); // the name before it may hold anything
        if (end == std::string::npos) {
            continue;
        }
        std::istringstream rest(stat.substr(end + 1));
        std::string state;
        pid_t parent = 0;
        rest >> state >> parent;
        found[std::stoi(name)] = parent;
    }
    return found;
}

} // namespace

std::string present_user() {
    const passwd* entry = ::getpwuid(::geteuid());
    return entry == nullptr ? "root" : entry->pw_name;
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
    run({"ssh-keygen", "-q", "-t", type, "-N", passphrase, "-C", "test", "-f", path.string()},
        path.parent_path());
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
    : m_options(options) {
    std::string pattern = std::filesystem::temp_directory_path() / "loomrel-sshd-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) {
        throw std::runtime_error("no folder for sshd");
    }
    m_folder = pattern;
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
              << read_all(m_folder / ("host_" + type + ".pub"));
    }
}

Sshd::~Sshd() {
    stop();
    std::error_code ignored;
    std::filesystem::remove_all(m_folder, ignored);
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
        run({"ssh-keygen", "-l", "-E", "sha256", "-f", (m_folder / ("host_" + type)).string()},
            m_folder));
    std::string bits;
    std::string fingerprint;
    words >> bits >> fingerprint;
    return fingerprint;
}

std::string Sshd::log() const {
    return read_all(m_folder / "log");
}

std::vector<pid_t> Sshd::descendants() const {
    const std::map<pid_t, pid_t> parent_of = parents();
    std::vector<pid_t> found{m_pid};
    for (std::size_t at = 0; at < found.size(); ++at) {
        for (const auto& [pid, parent] : parent_of) {
            if (parent == found[at]) {
                found.push_back(pid);
            }
        }
    }
    found.erase(found.begin());
    return found;
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
    const std::vector<pid_t> rest = descendants();
    ::kill(m_pid, SIGKILL);
    for (const pid_t pid : rest) {
        ::kill(pid, SIGKILL);
    }
    int status = 0;
    while (::waitpid(m_pid, &status, 0) < 0 && errno == EINTR) {
    }
    m_pid = -1;
}

void Sshd::make_host_keys() {
    for (const std::string& type : m_options.host_key_types) {
        make_key(m_folder / ("host_" + type), type);
    }
}

void Sshd::start() {
    std::ofstream config(m_folder / "sshd_config");
    for (const std::string& line : m_options.config) {
        config << line << '\n';
    }
    for (const std::string& type : m_options.host_key_types) {
        config << "HostKey " << (m_folder / ("host_" + type)).string() << '\n';
    }
    config << "ListenAddress 127.0.0.1\nPort " << m_port << "\nAuthorizedKeysFile "
           << authorized_keys().string()
           << "\nPidFile none\nStrictModes no\nUsePAM no\nUseDNS no\nPermitRootLogin yes\n"
              "PasswordAuthentication no\nKbdInteractiveAuthentication no\nMaxStartups 200\n"
              "MaxSessions 100\nLogLevel VERBOSE\n";
    if (knows_penalties(m_folder)) {
        config << "PerSourcePenalties no\n";
    }
    config.close();

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
