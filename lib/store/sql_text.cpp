#include "lib/store/sql_text.hpp"

#include "lib/base/text.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>

namespace loomrel::store {

namespace {

// "Z", "+03", "+03:00" or "+0300", ahead of UTC; "" = UTC.
std::optional<std::chrono::minutes> offset_of(std::string_view text) {
    if (text.empty() || text == "Z" || text == "z") {
        return std::chrono::minutes(0);
    }
    std::string digits(text.substr(1));
    if (digits.size() == 5 && digits[2] == ':') {
        digits.erase(2, 1);
    }
    if ((text.front() != '+' && text.front() != '-') || (digits.size() != 2 && digits.size() != 4)
        || digits.find_first_not_of("0123456789") != std::string::npos) {
        return std::nullopt;
    }
    const int hours = (digits[0] - '0') * 10 + digits[1] - '0';
    const int minutes = digits.size() == 2 ? 0 : (digits[2] - '0') * 10 + digits[3] - '0';
    if (hours > 23 || minutes > 59) {
        return std::nullopt;
    }
    const std::chrono::minutes offset(hours * 60 + minutes);
    return text.front() == '-' ? -offset : offset;
}

} // namespace

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
                    "%5d-%2u-%2u%*1[ Tt]%2u:%2u:%2u%n",
                    &year,
                    &month,
                    &day,
                    &hour,
                    &minute,
                    &second,
                    &read)
        != 6) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{
        std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
    // A leap second is the first of the next minute.
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) {
        return std::nullopt;
    }
    Time time = std::chrono::sys_days(date) + std::chrono::hours(hour)
                + std::chrono::minutes(minute) + std::chrono::seconds(second);
    std::string_view rest = std::string_view(*text).substr(static_cast<std::size_t>(read));
    if (rest.starts_with('.')) {
        std::int64_t unit = 100000;
        rest.remove_prefix(1);
        for (; !rest.empty() && rest[0] >= '0' && rest[0] <= '9'; rest.remove_prefix(1)) {
            time += std::chrono::microseconds((rest[0] - '0') * unit);
            unit /= 10;
        }
    }
    const auto offset = offset_of(rest);
    return offset ? std::optional(time - *offset) : std::nullopt;
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

std::string list_text(const std::vector<std::string>& texts) {
    return nlohmann::json(texts).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<std::vector<std::string>> list_of(const std::string& text) {
    const auto list = nlohmann::json::parse(text, nullptr, false);
    if (!list.is_array()) {
        return std::nullopt;
    }
    std::vector<std::string> texts;
    for (const auto& each : list) {
        if (!each.is_string()) {
            return std::nullopt;
        }
        texts.push_back(each.get<std::string>());
    }
    return texts;
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
