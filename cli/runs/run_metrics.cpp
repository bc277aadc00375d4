#include "cli/runs/run_metrics.hpp"

#include "lib/telemetry/exporter.hpp"

namespace loomrel::cli {

namespace {

using telemetry::Attributes;

constexpr Milliseconds k_longest_push{1000};

std::string result_of(store::RunOutcome outcome) {
    switch (outcome) {
    case store::RunOutcome::good:
        return "success";
    case store::RunOutcome::failed:
        return "failure";
    case store::RunOutcome::cancelled:
        return "cancellation";
    case store::RunOutcome::refused:
        return "skip";
    case store::RunOutcome::unknown:
        return "error";
    }
    return "error";
}

std::string environment_of(const std::string& environment) {
    if (environment == "prod") {
        return "production";
    }
    return environment == "stage" ? "staging" : "development";
}

} // namespace

void send_run_metrics(Services& services, store::RunKind kind, const deploy::Report& report) {
    const auto settings =
        telemetry::read_settings(services.environment(), services.config().cleartext);
    if (!settings) {
        return;
    }
    const Time ended = now();
    // One number of one process: the difference is all there is.
    telemetry::Metrics metrics(ended - report.took);
    metrics.record("cicd.pipeline.run.duration",
                   telemetry::run_bounds(),
                   {{"cicd.pipeline.name", std::string(to_string(kind))},
                    {"cicd.pipeline.result", result_of(report.outcome)},
                    {"cicd.pipeline.run.state", "executing"},
                    {"deployment.environment.name", environment_of(report.subject.environment)}},
                   std::chrono::duration<double>(report.took).count());
    (void)telemetry::push(metrics, *settings, telemetry::Temporality::delta, k_longest_push);
}

} // namespace loomrel::cli
