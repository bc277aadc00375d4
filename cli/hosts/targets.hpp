#pragma once

#include "cli/context/services.hpp"
#include "cli/hosts/host_argument.hpp"
#include "lib/deploy/conduct.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace loomrel::cli {

[[nodiscard]] ssh::Endpoint endpoint_of(Services& services, const config::Host& host);

// The hosts of an environment, of one service or of all; of dev, every developer's own.
[[nodiscard]] std::vector<config::Host>
hosts_in(Services& services,
         const std::string& environment,
         const std::optional<std::string>& service = std::nullopt);

// The same for whoever asked for that environment: having none is an error (config, "no_hosts").
[[nodiscard]] std::vector<config::Host>
hosts_wanted(Services& services,
             const std::string& environment,
             const std::optional<std::string>& service = std::nullopt);

// The host that was typed, as the configuration has it if it has: its pin counts.
[[nodiscard]] config::Host host_typed(Services& services, const HostArgument& typed);

// Hears that a host has not let us in yet, from the thread that waits for it.
using OnWaiting = std::function<void(const std::string& text)>;

// The hosts as the conductor wants them; nothing is connected yet. Waiting is told on standard
// error, unless somebody else does.
[[nodiscard]] std::vector<deploy::Target>
make_targets(Services& services, const std::vector<config::Host>& hosts, OnWaiting on_waiting = {});

// Says which hosts of production a repository's list leaves out: they are not left out.
void note_unlisted_hosts(Services& services, const std::string& service);

// Its first connection is this one, which is open already.
void use_first(deploy::Target& target, std::unique_ptr<ssh::Connection> open);

// Those of the environment's hosts that a run was started on. Error(config) if one of them is no
// longer configured.
[[nodiscard]] std::vector<config::Host> hosts_of(Services& services, const store::Run& run);

} // namespace loomrel::cli
