#pragma once

#include "cli/context/services.hpp"
#include "lib/github/github.hpp"
#include "lib/telegram/telegram.hpp"

#include <string>

namespace loomrel::cli {

// Each with the token that its address may have.
[[nodiscard]] telegram::Options telegram_options(const config::Config& config);
[[nodiscard]] loomrel::github::Options github_options(const config::Config& config);

// Names this process among those that share the ledger: for leases.
[[nodiscard]] std::string lease_owner();

// The telling commands make moves that people are told of; each delivers what waits before it ends.
[[nodiscard]] bool tells_people(const std::string& command);

// For 3 s at most, and whatever comes of it changes nothing for the command: what is not delivered
// now is in the ledger, and serve or the next command delivers it. Does nothing where there is no
// token, or where a server does it (HTTP).
void deliver_notices(Services& services);

} // namespace loomrel::cli
