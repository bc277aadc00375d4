#pragma once

#include "lib/ssh/link.hpp"
#include "lib/ssh/ssh.hpp"

#include <memory>
#include <string>

namespace loomrel::ssh {

// Opens a channel and starts `command` on it. Throws Error(no_host).
[[nodiscard]] std::unique_ptr<Channel>
open_channel(std::shared_ptr<Link> link, const std::string& command, Deadline deadline);

} // namespace loomrel::ssh
