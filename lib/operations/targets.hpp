#pragma once

#include "lib/deploy/conduct.hpp"
#include "lib/operations/context.hpp"
#include "lib/operations/host_argument.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace loomrel::operations {

[[nodiscard]] ssh::Endpoint endpoint_of(const Context& context, const config::Host& host);

// The hosts of an environment, of one service or of all; of dev, every developer's own.
[[nodiscard]] std::vector<config::Host>
hosts_in(const Context& context,
         const std::string& environment,
         const std::optional<std::string>& service = std::nullopt);

// The same for whoever asked for that environment: having none is an error (config, "no_hosts").
[[nodiscard]] std::vector<config::Host>
hosts_wanted(const Context& context,
             const std::string& environment,
             const std::optional<std::string>& service = std::nullopt);

// The host that was typed, as the configuration has it if it has: its pin counts.
[[nodiscard]] config::Host host_typed(const Context& context, const HostArgument& typed);

// Hears that a host has not let us in yet, from the thread that waits for it.
using OnWaiting = std::function<void(const std::string& text)>;

// Tells the console of it.
[[nodiscard]] OnWaiting note_waiting(Console& console);

// The hosts as the conductor wants them; nothing is connected yet.
[[nodiscard]] std::vector<deploy::Target> make_targets(const Context& context,
                                                       const std::vector<config::Host>& hosts,
                                                       const OnWaiting& on_waiting);

// As they are shown: "root@192.168.1.30:22".
[[nodiscard]] std::vector<std::string> names_of(const Context& context,
                                                const std::vector<config::Host>& hosts);

// Says which hosts of production a repository's list leaves out: they are not left out.
void note_unlisted_hosts(const Context& context, Console& console, const std::string& service);

// Is there something to log in with, for each of these? Asks no host.
[[nodiscard]] bool can_log_in(const config::Config& config, const std::vector<config::Host>& hosts);

// Its first connection is this one, which is open already.
void use_first(deploy::Target& target, std::unique_ptr<ssh::Connection> open);

// Those of the environment's hosts that a run was started on. Error(config) if one of them is no
// longer configured.
[[nodiscard]] std::vector<config::Host> hosts_of(const Context& context, const store::Run& run);

} // namespace loomrel::operations
