#include "lib/telemetry/exporter.hpp"
#include "tests/support/catch.hpp"

#include <nlohmann/json.hpp>

#include <thread>

using namespace loomrel;
using namespace loomrel::telemetry;
using nlohmann::json;

namespace {

std::optional<Settings> read_settings(const std::map<std::string, std::string>& environment) {
    return telemetry::read_settings(environment, {});
}

const json& metric(const json& request, const std::string& name) {
    for (const json& one : request.at("resourceMetrics")[0].at("scopeMetrics")[0].at("metrics")) {
        if (one.at("name") == name) {
            return one;
        }
    }
    throw std::runtime_error("no metric " + name);
}

} // namespace

TEST_CASE("numbers travel as OTLP wants them") {
    Metrics metrics{Time(std::chrono::seconds(1))};
    const Attributes of{{"http.response.status_code", std::int64_t{200}},
                        {"http.route", "/release"}};
    for (const double seconds : {0.005, 0.0051, 3.0, 100.0}) {
        metrics.record("http.server.request.duration", request_bounds(), of, seconds);
    }
    metrics.add("http.server.ok.request.total", "{request}", of, 1);
    metrics.add("http.server.ok.request.total", "{request}", of, 2);
    metrics.change("http.server.active_requests", "{request}", {}, 1);
    metrics.change("http.server.active_requests", "{request}", {}, -1);
    const json request = json::parse(metrics.to_otlp(
        {{"service.name", "loomrel"}}, Time(std::chrono::seconds(2)), Temporality::cumulative));
    CHECK(request.at("resourceMetrics")[0].at("resource").at("attributes")[0]
          == json::parse(R"({"key":"service.name","value":{"stringValue":"loomrel"}})"));

    const json& duration = metric(request, "http.server.request.duration");
    CHECK(duration.at("unit") == "s");
    CHECK(duration.at("histogram").at("aggregationTemporality") == 2);
    const json& point = duration.at("histogram").at("dataPoints")[0];
    CHECK(point.at("startTimeUnixNano") == "1000000000");
    CHECK(point.at("timeUnixNano") == "2000000000");
    CHECK(point.at("count") == "4");
    CHECK(point.at("min") == 0.005);
    CHECK(point.at("max") == 100.0);
    REQUIRE(point.at("bucketCounts").size() == point.at("explicitBounds").size() + 1);
    CHECK(point.at("bucketCounts")[0] == "1"); // bounds are inclusive
    CHECK(point.at("bucketCounts")[1] == "1");
    CHECK(point.at("bucketCounts").back() == "1");
    CHECK(point.at("attributes")[0]
          == json::parse(R"({"key":"http.response.status_code","value":{"intValue":"200"}})"));

    const json& total = metric(request, "http.server.ok.request.total").at("sum");
    CHECK(total.at("isMonotonic") == true);
    CHECK(total.at("dataPoints")[0].at("asInt") == "3");
    const json& active = metric(request, "http.server.active_requests").at("sum");
    CHECK(active.at("isMonotonic") == false);
    CHECK(active.at("dataPoints")[0].at("asInt") == "0");
}

TEST_CASE("memory stays bounded whatever is counted") {
    Metrics metrics{Time{}};
    for (std::int64_t i = 0; i < 10000; ++i) {
        metrics.add("x", "1", {{"id", i}}, 1);
    }
    const json request = json::parse(metrics.to_otlp({}, Time{}, Temporality::delta));
    CHECK(metric(request, "x").at("sum").at("dataPoints").size() == 256);
    CHECK(metric(request, "x").at("sum").at("aggregationTemporality") == 1);
}

TEST_CASE("the variables of OpenTelemetry decide") {
    CHECK_FALSE(read_settings({}));
    const auto plain = read_settings({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://host:4318"}});
    REQUIRE(plain);
    CHECK(plain->url == "http://host:4318/v1/metrics");
    CHECK(plain->resource.at("service.name") == "loomrel");
    CHECK(plain->timeout == Milliseconds(10000));
    CHECK(read_settings({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://host:4318/otlp/"}})->url
          == "http://host:4318/otlp/v1/metrics");
    const auto own = read_settings({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://host:4318"},
                                    {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://other/m"},
                                    {"OTEL_EXPORTER_OTLP_HEADERS", "a=1, b = x%20y ,bad"},
                                    {"OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "250"},
                                    {"OTEL_METRIC_EXPORT_INTERVAL", "5000"},
                                    {"OTEL_RESOURCE_ATTRIBUTES", "service.name=a,team=b"},
                                    {"OTEL_SERVICE_NAME", "mine"}});
    REQUIRE(own);
    CHECK(own->url == "http://other/m");
    REQUIRE(own->headers.size() == 2);
    CHECK(own->headers[1].first == "b");
    CHECK(own->headers[1].second.reveal() == "x y");
    CHECK(own->timeout == Milliseconds(250));
    CHECK(own->interval == Milliseconds(5000));
    CHECK(own->resource.at("service.name") == "mine");
    CHECK(own->resource.at("team") == "b");
    CHECK(own->without_tls == http::WithoutTls::near);
    // .env.servers counts as the environment does: the caller knows both.
    const auto allowed = telemetry::read_settings(
        {{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://h:4318"}, {"OTEL_EXPORTER_OTLP_HEADERS", "a=1"}},
        parse_cleartext("h:4318"));
    CHECK(allowed->without_tls == http::WithoutTls::anywhere);
    for (const auto& [name, value] : {std::pair{"OTEL_SDK_DISABLED", "true"},
                                      {"OTEL_METRICS_EXPORTER", "none"},
                                      {"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"}}) {
        CHECK_FALSE(
            read_settings({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://host:4318"}, {name, value}}));
    }
}

TEST_CASE("a collector that is away costs no more than it may") {
    const Metrics metrics{Time{}};
    Settings settings;
    settings.url = "http://127.0.0.1:1/v1/metrics";
    settings.timeout = Milliseconds(300);
    CHECK_FALSE(push(metrics, settings, Temporality::delta, Milliseconds(1000)));
    const auto began = std::chrono::steady_clock::now();
    {
        const Pusher pusher(metrics, settings);
        std::this_thread::sleep_for(Milliseconds(20));
    }
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(2));
}
