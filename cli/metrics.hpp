#pragma once

#include "cli/services.hpp"
#include "lib/deploy/report.hpp"
#include "lib/server/server.hpp"
#include "lib/telemetry/metrics.hpp"

namespace loomrel::cli {

// The spec's http.server.* of one request.
void count_begun(telemetry::Metrics& metrics, const std::string& method);
void count_ended(telemetry::Metrics& metrics, const server::Served& served);

// The spec's telegram.server.* of one update or message: whether it went well, and how long it
// took.
void count_message(telemetry::Metrics& metrics, bool ok, double seconds);

// How a run ended and how long it took, sent at once if OTEL_* name a collector; at most a second.
void send_run_metrics(Services& services, store::RunKind kind, const deploy::Report& report);

} // namespace loomrel::cli
