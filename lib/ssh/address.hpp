#pragma once

#include "lib/base/clock.hpp"

#include <functional>
#include <string>
#include <vector>

namespace loomrel::ssh {

// Numeric addresses of a host in the order in which they are to be tried. Throws Error(no_host)
// with code host_unreachable. A seam: tests give addresses that are dead.
using Resolver =
    std::function<std::vector<std::string>(const std::string& host, Deadline deadline)>;

// The system's resolver, left behind in a thread of its own if it does not answer in time:
// getaddrinfo cannot be interrupted.
[[nodiscard]] std::vector<std::string> resolve(const std::string& host, Deadline deadline);

} // namespace loomrel::ssh
