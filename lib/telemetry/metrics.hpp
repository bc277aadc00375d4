#pragma once

#include "lib/base/clock.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

// What is counted and timed, and how it travels: OTLP over HTTP, as JSON (design 10).
namespace loomrel::telemetry {

using Attribute = std::pair<std::string, std::variant<std::string, std::int64_t>>;
// Sorted by key, none twice. Only words of a small known set stand here: templates, kinds, results;
// never ids, paths or names that callers choose.
using Attributes = std::vector<Attribute>;

// Upper bounds, inclusive, in seconds: those of http.server.request.duration in the conventions.
[[nodiscard]] std::span<const double> request_bounds();
// For what takes seconds to half an hour.
[[nodiscard]] std::span<const double> run_bounds();

enum class Temporality { delta = 1, cumulative = 2 };

// Numbers of this process. Any thread may add to them.
class Metrics {
public:
    explicit Metrics(Time began)
        : m_began(began) {}

    // A sum that only grows; unit as in "{request}".
    void
    add(const std::string& name, const std::string& unit, const Attributes& of, std::int64_t by);
    // A sum that grows and shrinks.
    void
    change(const std::string& name, const std::string& unit, const Attributes& of, std::int64_t by);
    // A histogram, in seconds.
    void record(const std::string& name,
                std::span<const double> bounds,
                const Attributes& of,
                double value);

    // One ExportMetricsServiceRequest. `resource`: "service.name" and the like.
    [[nodiscard]] std::string to_otlp(const std::map<std::string, std::string>& resource,
                                      Time now,
                                      Temporality temporality) const;

private:
    struct Series {
        std::int64_t sum = 0;
        std::vector<std::uint64_t> buckets;
        double total = 0;
        double least = 0;
        double most = 0;
    };

    struct Metric {
        enum class Kind { growing, changing, histogram } kind = Kind::growing;
        std::string unit;
        std::vector<double> bounds;
        std::map<Attributes, Series> series;
    };

    Series*
    find(const std::string& name, Metric::Kind kind, const std::string& unit, const Attributes& of);

    Time m_began;
    mutable std::mutex m_mutex;
    std::map<std::string, Metric> m_metrics;
};

} // namespace loomrel::telemetry
