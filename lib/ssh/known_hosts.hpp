#pragma once

#include "lib/ssh/ssh.hpp"

#include <filesystem>
#include <vector>

namespace loomrel::ssh {

struct KnownKey {
    HostKey key;
    bool revoked = false; // "@revoked": never to be trusted
};

// What a known_hosts file holds for this host and port, hashed names and patterns included. Lines
// that cannot be read count as not there, which means less trust, not more. Throws Error(config) if
// the file cannot be read; no file = nothing.
[[nodiscard]] std::vector<KnownKey> known_keys(const std::filesystem::path& known_hosts,
                                               const Endpoint& endpoint);

} // namespace loomrel::ssh
