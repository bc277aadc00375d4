#include "lib/telemetry/metrics.hpp"

#include "lib/base/json_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <numeric>

namespace loomrel::telemetry {

using nlohmann::ordered_json;

namespace {

constexpr std::array k_request_bounds{
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0};
constexpr std::array k_run_bounds{
    1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0};

// Attributes are of small sets; should one not be, memory stays bounded all the same.
constexpr std::size_t k_most_series = 256;

std::string nanoseconds(Time time) {
    return std::to_string(
        std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count());
}

ordered_json to_json(const Attributes& attributes) {
    ordered_json list = ordered_json::array();
    for (const auto& [key, value] : attributes) {
        const auto* number = std::get_if<std::int64_t>(&value);
        // 64-bit numbers travel as text.
        list.push_back(
            {{"key", key},
             {"value",
              number != nullptr ? ordered_json{{"intValue", std::to_string(*number)}}
                                : ordered_json{{"stringValue", std::get<std::string>(value)}}}});
    }
    return list;
}

} // namespace

std::span<const double> request_bounds() {
    return k_request_bounds;
}

std::span<const double> run_bounds() {
    return k_run_bounds;
}

Metrics::Series* Metrics::find(const std::string& name,
                               Metric::Kind kind,
                               const std::string& unit,
                               const Attributes& of) {
    Metric& metric = m_metrics[name];
    if (metric.series.empty()) {
        metric.kind = kind;
        metric.unit = unit;
    }
    const auto found = metric.series.find(of);
    if (found != metric.series.end()) {
        return &found->second;
    }
    return metric.series.size() < k_most_series ? &metric.series[of] : nullptr;
}

void Metrics::add(const std::string& name,
                  const std::string& unit,
                  const Attributes& of,
                  std::int64_t by) {
    const std::lock_guard lock(m_mutex);
    if (Series* series = find(name, Metric::Kind::growing, unit, of)) {
        series->sum += by;
    }
}

void Metrics::change(const std::string& name,
                     const std::string& unit,
                     const Attributes& of,
                     std::int64_t by) {
    const std::lock_guard lock(m_mutex);
    if (Series* series = find(name, Metric::Kind::changing, unit, of)) {
        series->sum += by;
    }
}

void Metrics::record(const std::string& name,
                     std::span<const double> bounds,
                     const Attributes& of,
                     double value) {
    const std::lock_guard lock(m_mutex);
    Series* series = find(name, Metric::Kind::histogram, "s", of);
    if (series == nullptr) {
        return;
    }
    std::vector<double>& kept = m_metrics[name].bounds;
    if (kept.empty()) {
        kept.assign(bounds.begin(), bounds.end());
    }
    const bool first = series->buckets.empty();
    series->buckets.resize(kept.size() + 1);
    const auto bucket = std::lower_bound(kept.begin(), kept.end(), value) - kept.begin();
    ++series->buckets[static_cast<std::size_t>(bucket)];
    series->total += value;
    series->least = first ? value : std::min(series->least, value);
    series->most = first ? value : std::max(series->most, value);
}

std::string Metrics::to_otlp(const std::map<std::string, std::string>& resource,
                             Time now,
                             Temporality temporality) const {
    Attributes of_resource;
    for (const auto& [key, value] : resource) {
        of_resource.emplace_back(key, value);
    }
    ordered_json metrics = ordered_json::array();
    const std::lock_guard lock(m_mutex);
    for (const auto& [name, metric] : m_metrics) {
        ordered_json points = ordered_json::array();
        for (const auto& [attributes, series] : metric.series) {
            ordered_json point{{"attributes", to_json(attributes)},
                               {"startTimeUnixNano", nanoseconds(m_began)},
                               {"timeUnixNano", nanoseconds(now)}};
            if (metric.kind == Metric::Kind::histogram) {
                ordered_json counts = ordered_json::array();
                for (const std::uint64_t count : series.buckets) {
                    counts.push_back(std::to_string(count));
                }
                point["count"] = std::to_string(
                    std::accumulate(series.buckets.begin(), series.buckets.end(), 0ULL));
                point["sum"] = series.total;
                point["bucketCounts"] = std::move(counts);
                point["explicitBounds"] = metric.bounds;
                point["min"] = series.least;
                point["max"] = series.most;
            } else {
                point["asInt"] = std::to_string(series.sum);
            }
            points.push_back(std::move(point));
        }
        ordered_json data{{"aggregationTemporality", static_cast<int>(temporality)}};
        if (metric.kind != Metric::Kind::histogram) {
            data["isMonotonic"] = metric.kind == Metric::Kind::growing;
        }
        data["dataPoints"] = std::move(points);
        metrics.push_back(
            {{"name", name},
             {"unit", metric.unit},
             {metric.kind == Metric::Kind::histogram ? "histogram" : "sum", std::move(data)}});
    }
    const ordered_json scope{{"scope", {{"name", "loomrel"}, {"version", LOOMREL_VERSION}}},
                             {"metrics", std::move(metrics)}};
    ordered_json of_process;
    of_process["resource"]["attributes"] = to_json(of_resource);
    of_process["scopeMetrics"] = ordered_json::array({scope});
    ordered_json request;
    request["resourceMetrics"] = ordered_json::array({of_process});
    return json_text(request);
}

} // namespace loomrel::telemetry
