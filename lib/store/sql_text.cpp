#include "lib/store/sql_text.hpp"

#include "lib/base/text.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>

namespace loomrel::store {

std::optional<Time> parse_instant(const std::optional<std::string>& text) {
    if (!text) {
        return std::nullopt;
    }
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;
    int read = 0;
    if (std::sscanf(text->c_str(),
                    "%5d-%2u-%2u%*1[ T]%2u:%2u:%2u%n",
                    &year,
                    &month,
                    &day,
                    &hour,
                    &minute,
                    &second,
                    &read)
            != 6
        || text->ends_with(" BC")) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{
        std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
    if (!date.ok()) {
        return std::nullopt;
    }
    Time time = std::chrono::sys_days(date) + std::chrono::hours(hour)
                + std::chrono::minutes(minute) + std::chrono::seconds(second);
    const std::string_view rest = std::string_view(*text).substr(static_cast<std::size_t>(read));
    if (rest.starts_with('.')) {
        std::int64_t unit = 100000;
        for (std::size_t i = 1; i < rest.size() && rest[i] >= '0' && rest[i] <= '9'; ++i) {
            time += std::chrono::microseconds((rest[i] - '0') * unit);
            unit /= 10;
        }
    }
    return time;
}

std::string storable(std::string_view text) {
    const bool fit = is_valid_utf8(text) && text.find('\0') == std::string_view::npos;
    return fit ? std::string(text) : sanitize(text);
}

std::string storable_json(const std::string& text) {
    const auto parsed = nlohmann::json::parse(text, nullptr, false);
    if (parsed.is_object()) {
        return storable(text);
    }
    return nlohmann::json{{"text", storable(text)}}.dump();
}

std::string bind_all(Query& query, const std::vector<std::string>& values) {
    std::string places;
    for (const std::string& value : values) {
        places += (places.empty() ? "" : ", ") + query.bind(value);
    }
    return places;
}

std::string ms_since(const Dialect& dialect, const std::string& column) {
    return dialect.kind == Dialect::Kind::postgres
               ? "CAST(extract(epoch FROM clock_timestamp() - " + column + ") * 1000 AS BIGINT)"
               : "CAST(round((julianday('now') - julianday(" + column
                     + ")) * 86400000) AS INTEGER)";
}

std::string instant_in(Query& query, const Dialect& dialect, Milliseconds wait) {
    const std::string ms = "CAST(" + query.bind(std::int64_t{wait.count()}) + " AS BIGINT)";
    return dialect.kind == Dialect::Kind::postgres
               ? "clock_timestamp() + " + ms + " * interval '1 millisecond'"
               : "strftime('%Y-%m-%d %H:%M:%f', 'now', (" + ms + " / 1000.0) || ' seconds')";
}

std::int64_t integer_of(const std::optional<std::string>& text) {
    return text ? parse_integer(*text).value_or(0) : 0;
}

} // namespace loomrel::store
