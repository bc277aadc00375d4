#include "lib/store/sql/text.hpp"

#include "lib/base/json_text.hpp"
#include "lib/base/text.hpp"

#include <nlohmann/json.hpp>

#include <chrono>

namespace loomrel::store {

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
    return json_text(nlohmann::json(texts));
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
