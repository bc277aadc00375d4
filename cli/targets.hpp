#pragma once

#include "cli/services.hpp"
#include "lib/deploy/conduct.hpp"

#include <vector>

namespace loomrel::cli {

[[nodiscard]] ssh::Endpoint endpoint_of(Services& services, const config::Host& host);

// The hosts as the conductor wants them; nothing is connected yet.
[[nodiscard]] std::vector<deploy::Target> make_targets(Services& services,
                                                       const std::vector<config::Host>& hosts);

// Every host of an environment; of dev all developers' own.
[[nodiscard]] std::vector<config::Host> hosts_in(Services& services,
                                                 const std::string& environment);

// Those of the environment's hosts that a run was started on. Error(config) if one of them is no
// longer configured.
[[nodiscard]] std::vector<config::Host> hosts_of(Services& services, const store::Run& run);

} // namespace loomrel::cli
