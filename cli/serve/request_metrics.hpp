#pragma once

#include "lib/server/server.hpp"
#include "lib/telemetry/metrics.hpp"

#include <string>

namespace loomrel::cli {

// The spec's http.server.* of one request.
void count_begun(telemetry::Metrics& metrics, const std::string& method);
void count_ended(telemetry::Metrics& metrics, const server::Served& served);

// The spec's telegram.server.* of one update or message: whether it went well, and how long it
// took.
void count_message(telemetry::Metrics& metrics, bool ok, double seconds);

} // namespace loomrel::cli
