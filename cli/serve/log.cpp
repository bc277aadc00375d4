#include "cli/serve/log.hpp"

#include "lib/base/json_text.hpp"
#include "lib/base/text.hpp"

#include <cmath>

namespace loomrel::cli {

namespace {

using Level = ServeLog::Level;
using nlohmann::ordered_json;

const char* name_of(Level level) {
    switch (level) {
    case Level::debug:
        return "debug";
    case Level::info:
        return "info";
    case Level::warning:
        return "warning";
    case Level::error:
        return "error";
    }
    return "";
}

Level least_of(Services& services) {
    const std::string wanted = to_lower(services.config().server.log_level);
    if (services.options().quiet || wanted == "warning" || wanted == "warn") {
        return Level::warning;
    }
    if (wanted == "error" || wanted == "critical") {
        return Level::error;
    }
    return services.options().verbose || wanted == "debug" ? Level::debug : Level::info;
}

Level level_of(const server::Served& served) {
    if (served.status >= 500) {
        return Level::error;
    }
    return served.status == 401 || served.status == 403 || served.status == 429 ? Level::warning
                                                                                : Level::info;
}

} // namespace

ServeLog::ServeLog(Services& services)
    : m_services(services),
      m_least(least_of(services)) {}

void ServeLog::write(Level level, std::string_view event, ordered_json fields) {
    if (level < m_least) {
        return;
    }
    ordered_json line{{"time", to_rfc3339(now())}, {"level", name_of(level)}, {"event", event}};
    for (const auto& [name, value] : fields.items()) {
        line[name] =
            value.is_string() ? ordered_json(sanitize_line(value.get<std::string>())) : value;
    }
    const std::string text = m_services.redactor().redact(json_text(line));
    const std::lock_guard lock(m_mutex);
    m_services.io().err(text + "\n");
}

void ServeLog::note(std::string_view text) {
    write(Level::info, "note", {{"text", trim(text)}});
}

void ServeLog::request(const server::Served& served) {
    ordered_json fields{{"method", served.method},
                        {"route", served.route},
                        {"status", served.status},
                        {"ms", std::round(served.seconds * 1e5) / 100},
                        {"client", served.client},
                        {"bytes_in", served.bytes_in},
                        {"bytes_out", served.bytes_out}};
    if (!served.key.empty()) {
        fields["key"] = served.key;
    }
    if (!served.code.empty()) {
        fields["code"] = served.code;
    }
    if (!served.detail.empty()) {
        fields["detail"] = served.detail;
    }
    write(level_of(served), "request", std::move(fields));
}

void ServeLog::failure(std::string_view what, const std::exception& error) {
    write(Level::error, "failure", {{"what", what}, {"reason", error.what()}});
}

} // namespace loomrel::cli
