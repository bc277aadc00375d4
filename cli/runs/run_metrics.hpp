#pragma once

#include "cli/context/services.hpp"
#include "lib/deploy/report.hpp"

namespace loomrel::cli {

// How a run ended and how long it took, sent at once if OTEL_* name a collector; at most a second.
void send_run_metrics(Services& services, store::RunKind kind, const deploy::Report& report);

} // namespace loomrel::cli
