#include "tests/support/local_host.hpp"

#include "lib/base/text.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>
#include <utility>
#include <vector>

namespace loomrel::test {

namespace {

// The shell's three streams, each a socket: a shell that is gone raises no signal here.
class ShellChannel final : public ssh::Channel {
public:
    ShellChannel(const std::string& command, const std::string& home) {
        std::array<std::array<int, 2>, 3> ends{};
        for (auto& pair : ends) {
            if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) {
                throw std::runtime_error("no socket");
            }
        }
        std::array<std::string, 3> words{"/bin/sh", "-c", command};
        std::array<char*, 4> arguments{words[0].data(), words[1].data(), words[2].data(), nullptr};
        std::array<std::string, 3> set{
            "HOME=" + home, "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL=C.UTF-8"};
        std::array<char*, 4> variables{set[0].data(), set[1].data(), set[2].data(), nullptr};
        posix_spawn_file_actions_t files;
        posix_spawnattr_t attributes;
        posix_spawn_file_actions_init(&files);
        posix_spawnattr_init(&attributes);
        for (int stream = 0; stream < 3; ++stream) {
            posix_spawn_file_actions_adddup2(
                &files, ends[static_cast<std::size_t>(stream)][1], stream);
        }
        posix_spawnattr_setpgroup(&attributes, 0);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
        const int failed = ::posix_spawn(
            &m_pid, words[0].c_str(), &files, &attributes, arguments.data(), variables.data());
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&files);
        for (std::size_t stream = 0; stream < ends.size(); ++stream) {
            ::close(ends[stream][1]);
            m_streams[stream] = ends[stream][0];
        }
        if (failed != 0) {
            throw std::runtime_error("no shell");
        }
    }

    // As when a connection is closed: whatever still belongs to it is hung up.
    ~ShellChannel() override {
        for (int& stream : m_streams) {
            close_stream(stream);
        }
        if (m_pid > 0) {
            ::kill(-m_pid, SIGHUP);
            ::kill(-m_pid, SIGKILL);
            (void)wait_for(m_pid);
        }
    }

    ShellChannel(const ShellChannel&) = delete;
    ShellChannel& operator=(const ShellChannel&) = delete;

    void write(std::string_view bytes) override {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(m_streams[0], bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) {
                return;
            }
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    void close_input() override { ::shutdown(m_streams[0], SHUT_WR); }

    ssh::Arrived poll(Milliseconds wait) override {
        std::array<pollfd, 2> ready{pollfd{m_streams[1], POLLIN, 0},
                                    pollfd{m_streams[2], POLLIN, 0}};
        ssh::Arrived arrived;
        if (::poll(ready.data(), ready.size(), static_cast<int>(wait.count())) > 0) {
            read_some(m_streams[1], ready[0].revents, arrived.out);
            read_some(m_streams[2], ready[1].revents, arrived.err);
        }
        if (m_streams[1] < 0 && m_streams[2] < 0) {
            if (m_pid > 0) {
                m_status = wait_for(std::exchange(m_pid, -1));
            }
            arrived.ended = true;
        }
        return arrived;
    }

    [[nodiscard]] ssh::Exit exit() const override {
        ssh::Exit exit;
        if (m_pid < 0 && WIFEXITED(m_status)) {
            exit.code = WEXITSTATUS(m_status);
        }
        return exit;
    }

private:
    static void close_stream(int& stream) {
        if (stream >= 0) {
            ::close(std::exchange(stream, -1));
        }
    }

    static void read_some(int& stream, short events, std::string& text) {
        if (stream < 0 || events == 0) {
            return;
        }
        std::array<char, 65536> bytes{};
        const ssize_t count = ::read(stream, bytes.data(), bytes.size());
        if (count <= 0) {
            close_stream(stream);
            return;
        }
        text.append(bytes.data(), static_cast<std::size_t>(count));
    }

    std::array<int, 3> m_streams{-1, -1, -1};
    pid_t m_pid = -1;
    int m_status = 0;
};

class ShellConnection final : public ssh::Connection {
public:
    explicit ShellConnection(std::string home)
        : m_home(std::move(home)) {}

    std::unique_ptr<ssh::Channel> exec(const std::string& command, Milliseconds) override {
        return std::make_unique<ShellChannel>(command, m_home);
    }

private:
    std::string m_home;
};

} // namespace

LocalHost::LocalHost() {
    std::filesystem::create_directories(m_home / "loom");
    const std::string origin = m_folder.path() / "origin.git";
    const std::string work = m_folder.path() / "work";
    git({"init", "-q", "--bare", "-b", "main", origin});
    git({"init", "-q", "-b", "main", work});
    git({"-C", work, "remote", "add", "origin", origin});
    (void)version("v0.0.0");
    git({"clone", "-q", origin, m_home / "loom/api"});
}

void LocalHost::git(std::vector<std::string> words) const {
    words.insert(words.begin(), {"git", "-c", "user.name=Dev", "-c", "user.email=dev@example.com"});
    (void)run_program(words);
}

std::string LocalHost::version(const std::string& tag) {
    const std::string work = m_folder.path() / "work";
    write_whole(m_folder.path() / "work/version", tag);
    git({"-C", work, "add", "-A"});
    git({"-C", work, "commit", "-q", "-m", tag});
    git({"-C", work, "tag", tag});
    git({"-C", work, "push", "-q", "origin", "main", tag});
    return std::string(trim(run_program({"git", "-C", work, "rev-parse", tag})));
}

std::string LocalHost::serves() const {
    return std::string(trim(read_whole(m_home / "commit")));
}

std::unique_ptr<ssh::Connection> LocalHost::connect() const {
    return std::make_unique<ShellConnection>(m_home);
}

std::string LocalHost::toml() const {
    return "[deploy]\nengine = \"command\"\nlog_root = \"" + (m_folder.path() / "log").string()
           + "\"\nstate_dir = \"" + (m_folder.path() / "state").string() + R"("
[services.api]
health = "none"
build = "true"
up = "echo $LOOMREL_COMMIT >$HOME/commit"
current = "cat $HOME/commit"
)";
}

} // namespace loomrel::test
