#pragma once

#include "lib/base/secret.hpp"
#include "lib/http/http.hpp"
#include "lib/telemetry/metrics.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace loomrel::telemetry {

struct Settings {
    std::string url; // of the metrics, whole
    std::vector<std::pair<std::string, Secret>> headers;
    std::map<std::string, std::string> resource;
    // Numbers may go as they are; headers hold keys.
    http::WithoutTls without_tls = http::WithoutTls::anywhere;
    Milliseconds timeout{10000};
    Milliseconds interval{60000};
};

// What the OTEL_* variables say. nullopt: no endpoint is named, or nothing is wanted
// (OTEL_SDK_DISABLED, OTEL_METRICS_EXPORTER=none), or only gRPC is. Headers go without TLS only to
// a place near by or one that `cleartext` names.
[[nodiscard]] std::optional<Settings>
read_settings(const std::map<std::string, std::string>& environment, const Cleartext& cleartext);

// Sends once; false if it was not taken. Never throws, never takes longer than that; `cancelled` is
// asked about once a second, and true ends it.
bool push(const Metrics& metrics,
          const Settings& settings,
          Temporality temporality,
          Milliseconds at_most,
          const std::function<bool()>& cancelled = {});

// Sends every interval from a thread of its own, and a last time when it ends. A collector that is
// away costs nothing: the numbers are cumulative, and come with the next one.
class Pusher {
public:
    Pusher(const Metrics& metrics, Settings settings);
    ~Pusher();
    Pusher(const Pusher&) = delete;
    Pusher& operator=(const Pusher&) = delete;

private:
    const Metrics& m_metrics;
    Settings m_settings;
    std::jthread m_thread;
};

} // namespace loomrel::telemetry
