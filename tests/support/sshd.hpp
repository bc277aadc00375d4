#pragma once

#include "lib/ssh/ssh.hpp"
#include "tests/support/process.hpp"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace loomrel::test {

struct SshdOptions {
    std::vector<std::string> config; // lines of sshd_config, in place of ours if they begin alike
    std::vector<std::string> host_key_types{"ed25519"}; // ed25519, ecdsa, rsa
};

// A real sshd on 127.0.0.1 with a configuration, port and keys of its own in a folder of its own;
// lets the present user in by client_key(). Ready when constructed; ends with everything it started
// when destroyed. Touches nothing else on the machine.
class Sshd {
public:
    explicit Sshd(const SshdOptions& options = {});
    ~Sshd();
    Sshd(const Sshd&) = delete;
    Sshd& operator=(const Sshd&) = delete;

    // False on a machine without sshd; an error there if LOOMREL_TEST_REQUIRE=all.
    [[nodiscard]] static bool is_available();

    // The present user, the client's key, and known_hosts() with the host's keys in it.
    [[nodiscard]] ssh::Endpoint endpoint() const;

    [[nodiscard]] std::uint16_t port() const { return m_port; }

    [[nodiscard]] const std::filesystem::path& folder() const { return m_folder; }

    [[nodiscard]] std::filesystem::path client_key() const { return m_folder / "client"; }

    [[nodiscard]] std::filesystem::path known_hosts() const { return m_folder / "known_hosts"; }

    [[nodiscard]] std::filesystem::path authorized_keys() const;
    // "SHA256:…" by ssh-keygen, not by what is tested.
    [[nodiscard]] std::string fingerprint(const std::string& type = "ed25519") const;
    [[nodiscard]] std::string log() const;

    // The listener. descendants_of() gives the processes of its connections and what they started.
    [[nodiscard]] pid_t pid() const { return m_pid; }

    // New host keys on the same port; known_hosts() is left as it was.
    void change_host_keys();
    void stop();

private:
    void make_host_keys();
    void start();

    SshdOptions m_options;
    TempFolder m_temp;
    std::filesystem::path m_folder;
    std::uint16_t m_port = 0;
    pid_t m_pid = -1;
};

// A key made by ssh-keygen at `path` (and path.pub).
void make_key(const std::filesystem::path& path,
              const std::string& type,
              const std::string& passphrase = "");

[[nodiscard]] std::string present_user();

// A port that nobody listens on at this moment.
[[nodiscard]] std::uint16_t free_port();

} // namespace loomrel::test
