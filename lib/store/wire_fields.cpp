#include "lib/store/sql_text.hpp"
#include "lib/store/wire.hpp"

#include <fmt/format.h>

namespace loomrel::store::wire {

using nlohmann::json;

Fields::Fields(const json& object)
    : m_object(object) {
    if (!object.is_object()) {
        throw FieldError("body", "must be a JSON object");
    }
}

const json* Fields::find(const char* name) const {
    const auto found = m_object.find(name);
    return found == m_object.end() || found->is_null() ? nullptr : &*found;
}

std::optional<std::string> Fields::maybe_text(const char* name) const {
    const json* value = find(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    if (!value->is_string()) {
        throw FieldError(name, "must be a string");
    }
    auto text = value->get<std::string>();
    if (text.find('\0') != std::string::npos) {
        throw FieldError(name, "must not hold U+0000");
    }
    return text;
}

std::string Fields::text(const char* name) const {
    auto value = maybe_text(name);
    if (!value) {
        throw FieldError(name, "is missing");
    }
    return *std::move(value);
}

std::string Fields::text_or(const char* name, std::string otherwise) const {
    return maybe_text(name).value_or(std::move(otherwise));
}

std::optional<std::int64_t> Fields::maybe_integer(const char* name) const {
    const json* value = find(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    // What is larger than 64 bits was read as a floating point number, or as an unsigned one.
    const bool too_large = value->is_number_unsigned()
                           && value->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX);
    if (!value->is_number_integer() || too_large) {
        throw FieldError(name, "must be an integer");
    }
    return value->get<std::int64_t>();
}

std::int64_t Fields::integer(const char* name) const {
    const auto value = maybe_integer(name);
    if (!value) {
        throw FieldError(name, "is missing");
    }
    return *value;
}

std::optional<Time> Fields::maybe_time(const char* name) const {
    const auto value = maybe_text(name);
    if (!value) {
        return std::nullopt;
    }
    const auto time = parse_instant(*value);
    if (!time) {
        throw FieldError(name, "must be a time as in RFC 3339");
    }
    return time;
}

bool Fields::flag_or(const char* name, bool otherwise) const {
    const json* value = find(name);
    if (value == nullptr) {
        return otherwise;
    }
    if (!value->is_boolean()) {
        throw FieldError(name, "must be true or false");
    }
    return value->get<bool>();
}

const json& Fields::list(const char* name) const {
    static const json k_none = json::array();
    const json* value = find(name);
    if (value == nullptr) {
        return k_none;
    }
    if (!value->is_array()) {
        throw FieldError(name, "must be a list");
    }
    return *value;
}

std::string to_text(Time time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
                       static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()),
                       clock.hours().count(),
                       clock.minutes().count(),
                       clock.seconds().count(),
                       clock.subseconds().count());
}

} // namespace loomrel::store::wire
