#pragma once

#include "cli/commands/doctor/findings.hpp"

namespace loomrel::cli {

// The bot's token, its webhook against the configuration, and what of the outbox was not done.
void check_telegram(Services& services, Findings& findings);

} // namespace loomrel::cli
