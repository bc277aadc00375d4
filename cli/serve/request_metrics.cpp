#include "cli/serve/request_metrics.hpp"

namespace loomrel::cli {

using telemetry::Attributes;

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

} // namespace loomrel::cli
