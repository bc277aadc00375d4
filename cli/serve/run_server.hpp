#pragma once

#include "cli/context/services.hpp"
#include "lib/server/server.hpp"

namespace loomrel::cli {

// The long-running process: answers requests, and everything that serve does beside that, until
// SIGTERM, SIGINT or SIGHUP. Throws what no waiting mends: a ledger of a newer schema, an address
// that is taken.
void run_server(Services& services, const server::Settings& settings);

} // namespace loomrel::cli
