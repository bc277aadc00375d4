#pragma once

#include "lib/base/clock.hpp"
#include "lib/ssh/address.hpp"
#include "lib/ssh/ssh.hpp"

#include <memory>

namespace loomrel::ssh {

// connect() and fetch_host_key() of ssh.hpp with the resolver given.
[[nodiscard]] std::unique_ptr<Connection>
connect_with(const Endpoint& endpoint, Milliseconds wait, const Resolver& resolver);
[[nodiscard]] HostKey
fetch_host_key_with(const Endpoint& endpoint, Milliseconds wait, const Resolver& resolver);

} // namespace loomrel::ssh
