#pragma once

#include "lib/base/clock.hpp"
#include "lib/base/secret.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loomrel::ssh {

// Where and as whom; what proves that it is the right machine; what proves that it is us.
struct Endpoint {
    std::string user = "root";
    std::string host; // name, IPv4, IPv6 without brackets
    std::uint16_t port = 22;
    std::vector<std::string> pins;     // "SHA256:…"; if any, one of them must match
    std::filesystem::path known_hosts; // read if there are no pins; "" = none
    Secret password;                   // also answers keyboard-interactive
    std::filesystem::path key_file;    // "" = none
    Secret key;                        // the private key itself, PEM or OpenSSH
    bool use_agent = true;             // if SSH_AUTH_SOCK is set

    // "root@192.168.1.30:22", IPv6 in brackets.
    [[nodiscard]] std::string shown() const;
};

// How a remote command ended. Neither: the channel went away without saying; unknown.
struct Exit {
    std::optional<int> code;
    std::optional<std::string> signal; // "KILL", without SIG
};

struct Arrived {
    std::string out;
    std::string err;
    bool ended = false; // nothing more will come; ask exit()
    bool lost = false;  // the link is gone: what the command does now is not known
};

// One command on a connection. Input is queued and sent as the peer takes it.
class Channel {
public:
    virtual ~Channel() = default;

    virtual void write(std::string_view bytes) = 0;
    virtual void close_input() = 0;
    // Waits at most `wait` for anything to arrive; gives what did. Never throws for a lost link.
    virtual Arrived poll(Milliseconds wait) = 0;
    [[nodiscard]] virtual Exit exit() const = 0; // neither before poll() has told the end
};

// One authenticated connection. One thread.
class Connection {
public:
    virtual ~Connection() = default;

    // `command` holds nothing secret and nothing user-made. Throws Error(no_host) if the channel is
    // refused or `wait` passes.
    virtual std::unique_ptr<Channel> exec(const std::string& command, Milliseconds wait) = 0;
};

// Tries every address of the host, checks the host key, then authenticates, all before `wait` has
// passed; what dies on the way is tried again. Throws Error(no_host) with code host_unreachable,
// host_key_unknown, host_key_changed, host_key_weak or auth_failed; nothing was sent to a host
// whose key is not the pinned one.
[[nodiscard]] std::unique_ptr<Connection> connect(const Endpoint& endpoint, Milliseconds wait);

struct HostKey {
    std::string type;        // "ssh-ed25519"
    std::string fingerprint; // "SHA256:…"
    std::string line;        // as it stands in a known_hosts file
};

// The key that the host shows now, without authenticating.
[[nodiscard]] HostKey fetch_host_key(const Endpoint& endpoint, Milliseconds wait);

enum class Trust { known, unknown, changed };
[[nodiscard]] Trust look_up(const Endpoint& endpoint, const HostKey& key);

// Adds the key to known_hosts, in place of any other that stands there for this host and port.
void pin(const std::filesystem::path& known_hosts, const Endpoint& endpoint, const HostKey& key);

// "0.10.6", for doctor.
[[nodiscard]] std::string library_version();

} // namespace loomrel::ssh
