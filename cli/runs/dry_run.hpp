#pragma once

#include "cli/context/services.hpp"
#include "lib/deploy/plan.hpp"

#include <vector>

namespace loomrel::cli {

// The plan: hosts, steps, what would be recorded and told, the exact script. Nothing is asked and
// nothing changed, neither here nor there.
[[nodiscard]] ExitCode
show_dry_run(Services& services, const deploy::Plan& plan, const std::vector<config::Host>& hosts);

} // namespace loomrel::cli
