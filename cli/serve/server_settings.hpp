#pragma once

#include "cli/context/services.hpp"
#include "lib/server/server.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>

// How serve is configured, and whether it could start so.
namespace loomrel::cli {

// `listen`: the flag's, in place of the configuration's. Error(config) if that is no address.
[[nodiscard]] server::Settings server_settings(Services& services,
                                               const std::optional<std::string>& listen);

// Error(config) if it could not listen as it is configured. Nothing is opened.
void check_serve_settings(Services& services);

// What is told of a server that listens, or would: {"listen","prefix","store"}.
[[nodiscard]] nlohmann::ordered_json
server_summary(Services& services, const std::string& address, const server::Settings& settings);

} // namespace loomrel::cli
