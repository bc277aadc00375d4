#include "cli/metrics.hpp"

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

void count_begun(telemetry::Metrics& metrics, const std::string& method) {
    metrics.change("http.server.active_requests",
                   "{request}",
                   {{"http.request.method", method}, {"url.scheme", "http"}},
                   1);
}

void count_ended(telemetry::Metrics& metrics, const server::Served& served) {
    metrics.change("http.server.active_requests",
                   "{request}",
                   {{"http.request.method", served.method}, {"url.scheme", "http"}},
                   -1);
    Attributes of{{"http.request.method", served.method}};
    if (served.status != 0) {
        of.emplace_back("http.response.status_code", served.status);
    }
    if (!served.route.empty()) {
        of.emplace_back("http.route", served.route);
    }
    const bool ok = served.status != 0 && served.status < 400;
    metrics.add(ok ? "http.server.ok.request.total" : "http.server.error.request.total",
                "{request}",
                of,
                1);
    if (served.status == 0 || served.status >= 500) {
        of.insert(of.begin(),
                  {"error.type", served.status == 0 ? served.code : std::to_string(served.status)});
    }
    of.emplace_back("url.scheme", "http");
    metrics.record("http.server.request.duration", telemetry::request_bounds(), of, served.seconds);
}

void count_message(telemetry::Metrics& metrics, bool ok, double seconds) {
    metrics.add(ok ? "telegram.server.ok.message.total" : "telegram.server.error.message.total",
                "{message}",
                {},
                1);
    metrics.record("telegram.server.message.duration", telemetry::request_bounds(), {}, seconds);
}

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
