#pragma once

#include "lib/ssh/handles.hpp"
#include "lib/ssh/ssh.hpp"

#include <string>
#include <vector>

namespace loomrel::ssh {

// `host` and `port` as a known_hosts file names them: "[example.org]:2222", lower case.
[[nodiscard]] std::string known_hosts_name(const Endpoint& endpoint);

[[nodiscard]] HostKey describe(ssh_key key, const std::string& name);

// The key that the peer of an open session has proved to hold.
[[nodiscard]] HostKey shown_key(ssh_session session, const Endpoint& endpoint);

// "SHA256:…" compared without the "=" that some tools leave at the end.
[[nodiscard]] bool is_pinned(const Endpoint& endpoint, const HostKey& key);

// For SSH_OPTIONS_HOSTKEYS: what known_hosts already holds for this host comes first, so that a
// host known by its ed25519 key is not asked for another; without the types in `excluded`. "" =
// none is left.
[[nodiscard]] std::string host_key_algorithms(const Endpoint& endpoint,
                                              const std::vector<HostKey>& excluded);

// Throws Error(no_host) with code host_key_weak for RSA of less than 2048 bits, pinned or not.
void refuse_short(const Endpoint& endpoint, const HostKey& key);

// Throws Error(no_host) with code host_key_unknown or host_key_changed unless `key` is trusted.
// `others` are keys of other types that the host showed too.
void check_trust(const Endpoint& endpoint, const HostKey& key, const std::vector<HostKey>& others);

} // namespace loomrel::ssh
