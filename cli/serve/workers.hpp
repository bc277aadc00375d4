#pragma once

#include "cli/serve/log.hpp"
#include "cli/serve/worker.hpp"
#include "lib/telemetry/metrics.hpp"

#include <vector>

namespace loomrel::cli {

// Everything that serve does beside answering requests. They live as long as `services` and `log`,
// and use of `services` only what many threads may: config(), open_another_store(), say(). What
// they send and take is counted in `metrics` (count_message of cli/serve/request_metrics.hpp).
[[nodiscard]] std::vector<Worker>
make_workers(Services& services, ServeLog& log, telemetry::Metrics& metrics);

} // namespace loomrel::cli
