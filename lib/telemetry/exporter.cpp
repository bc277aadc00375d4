#include "lib/telemetry/exporter.hpp"

#include "lib/base/text.hpp"
#include "lib/http/http.hpp"

#include <algorithm>
#include <cctype>
#include <condition_variable>
#include <mutex>

namespace loomrel::telemetry {

namespace {

using Environment = std::map<std::string, std::string>;

constexpr Milliseconds k_last_push{1000};

std::string variable(const Environment& environment, const std::string& name) {
    const auto found = environment.find(name);
    return found == environment.end() ? "" : std::string(trim(found->second));
}

// "_METRICS_" wins over the general one.
std::string otlp(const Environment& environment, const std::string& name) {
    const std::string own = variable(environment, "OTEL_EXPORTER_OTLP_METRICS_" + name);
    return own.empty() ? variable(environment, "OTEL_EXPORTER_OTLP_" + name) : own;
}

std::string percent_decoded(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto is_digit = [&](std::size_t at) {
            return at < text.size() && std::isxdigit(static_cast<unsigned char>(text[at])) != 0;
        };
        if (text[i] == '%' && is_digit(i + 1) && is_digit(i + 2)) {
            plain += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
            i += 2;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

// "k=v,k2=v2": what is not of that form is left out.
std::vector<std::pair<std::string, std::string>> pairs(std::string_view text) {
    std::vector<std::pair<std::string, std::string>> found;
    for (const std::string_view one : split(text, ',')) {
        const std::size_t equals = one.find('=');
        if (equals != std::string_view::npos && !trim(one.substr(0, equals)).empty()) {
            found.emplace_back(percent_decoded(trim(one.substr(0, equals))),
                               percent_decoded(trim(one.substr(equals + 1))));
        }
    }
    return found;
}

Milliseconds milliseconds(const std::string& text, Milliseconds otherwise) {
    const auto number = parse_integer(text);
    return number && *number > 0 && *number < 86'400'000 ? Milliseconds(*number) : otherwise;
}

} // namespace

std::optional<Settings> read_settings(const Environment& environment, const Cleartext& cleartext) {
    Settings settings;
    settings.url = variable(environment, "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT");
    if (settings.url.empty()) {
        settings.url = variable(environment, "OTEL_EXPORTER_OTLP_ENDPOINT");
        if (!settings.url.empty()) {
            settings.url += settings.url.ends_with('/') ? "v1/metrics" : "/v1/metrics";
        }
    }
    if (settings.url.empty() || otlp(environment, "PROTOCOL") == "grpc"
        || to_lower(variable(environment, "OTEL_SDK_DISABLED")) == "true"
        || variable(environment, "OTEL_METRICS_EXPORTER") == "none") {
        return std::nullopt;
    }
    for (auto& [name, value] : pairs(otlp(environment, "HEADERS"))) {
        settings.headers.emplace_back(name, Secret(value));
    }
    if (!settings.headers.empty()) {
        settings.without_tls = http::cleartext_to(settings.url, cleartext);
    }
    for (auto& [name, value] : pairs(variable(environment, "OTEL_RESOURCE_ATTRIBUTES"))) {
        settings.resource[name] = value;
    }
    const std::string name = variable(environment, "OTEL_SERVICE_NAME");
    if (!name.empty()) {
        settings.resource["service.name"] = name;
    }
    settings.resource.emplace("service.name", "loomrel");
    settings.resource.emplace("service.version", LOOMREL_VERSION);
    settings.timeout = milliseconds(otlp(environment, "TIMEOUT"), settings.timeout);
    settings.interval =
        milliseconds(variable(environment, "OTEL_METRIC_EXPORT_INTERVAL"), settings.interval);
    return settings;
}

bool push(const Metrics& metrics,
          const Settings& settings,
          Temporality temporality,
          Milliseconds at_most,
          const std::function<bool()>& cancelled) {
    try {
        http::Request request;
        request.method = "POST";
        request.url = settings.url;
        request.body = metrics.to_otlp(settings.resource, now(), temporality);
        request.headers.push_back({"Content-Type", Secret("application/json")});
        for (const auto& [name, value] : settings.headers) {
            request.headers.push_back({name, value});
        }
        request.without_tls = settings.without_tls;
        request.timeout = std::min(settings.timeout, at_most);
        request.connect_timeout = request.timeout;
        request.cancelled = cancelled;
        http::Client client;
        return client.send(request).good();
    } catch (const std::exception&) {
        return false; // the work is not about its numbers
    }
}

Pusher::Pusher(const Metrics& metrics, Settings settings)
    : m_metrics(metrics),
      m_settings(std::move(settings)),
      m_thread([this](const std::stop_token& stop) {
          std::mutex mutex;
          std::condition_variable_any asleep;
          std::unique_lock lock(mutex);
          while (!stop.stop_requested()) {
              (void)asleep.wait_for(lock, stop, m_settings.interval, [] { return false; });
              // One that hangs must not hold up the end.
              const auto over = [&stop] { return stop.stop_requested(); };
              if (!over()) {
                  (void)push(
                      m_metrics, m_settings, Temporality::cumulative, m_settings.timeout, over);
              }
          }
          (void)push(m_metrics, m_settings, Temporality::cumulative, k_last_push);
      }) {}

Pusher::~Pusher() = default;

} // namespace loomrel::telemetry
