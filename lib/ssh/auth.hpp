#pragma once

#include "lib/base/clock.hpp"
#include "lib/ssh/link.hpp"
#include "lib/ssh/ssh.hpp"

namespace loomrel::ssh {

// Logs in with what the endpoint has, in this order: key, key file, agent, password,
// keyboard-interactive; only by what the server offers. The host's key must have been checked.
// Throws Error(no_host) with code auth_failed, or host_unreachable if the link ends meanwhile.
void authenticate(Link& link, const Endpoint& endpoint, Deadline deadline);

} // namespace loomrel::ssh
