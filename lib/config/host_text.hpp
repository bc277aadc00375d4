#pragma once

#include "lib/config/config.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace loomrel::config {

[[nodiscard]] std::optional<std::uint16_t> parse_port(const std::string& text);

// "root@192.168.1.30:22", "[fd00::1]", "host"; what is missing stays as it is in `host`. Throws
// Error(config) with `where` for what is no host.
void read_host(Host& host, const std::string& text, const std::string& where);

// "root@host:2222", as --host takes it.
[[nodiscard]] std::string shown_place(const Host& host);

} // namespace loomrel::config
