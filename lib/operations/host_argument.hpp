#pragma once

#include "lib/config/config.hpp"

#include <string>

namespace loomrel::operations {

// A host as it is typed, with what was left out left out: the configuration may fill it.
struct HostArgument {
    std::optional<std::string> user;
    std::string address;
    std::optional<std::uint16_t> port;
};

// [USER@]HOST[:PORT]; IPv6 in brackets, or bare without a port. Error(usage) if it is none.
[[nodiscard]] HostArgument parse_host_argument(const std::string& text);

} // namespace loomrel::operations
