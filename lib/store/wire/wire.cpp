#include "lib/store/wire/wire.hpp"

#include <fmt/format.h>

namespace loomrel::store::wire {

using nlohmann::json;
using nlohmann::ordered_json;

std::string text_of(const char* name, const json& value) {
    if (!value.is_string()) {
        throw FieldError(name, "must be a string");
    }
    auto text = value.get<std::string>();
    if (text.find('\0') != std::string::npos) {
        throw FieldError(name, "must not hold U+0000");
    }
    return text;
}

std::int64_t integer_of(const char* name, const json& value) {
    // What is larger than 64 bits was read as a floating point number, or as an unsigned one.
    const bool too_large = value.is_number_unsigned()
                           && value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX);
    if (!value.is_number_integer() || too_large) {
        throw FieldError(name, "must be an integer");
    }
    return value.get<std::int64_t>();
}

int count_of(const char* name, const json& value) {
    const std::int64_t number = integer_of(name, value);
    if (number < 0 || number > INT32_MAX) {
        throw FieldError(name, "must be a small number");
    }
    return static_cast<int>(number);
}

bool flag_of(const char* name, const json& value) {
    if (!value.is_boolean()) {
        throw FieldError(name, "must be true or false");
    }
    return value.get<bool>();
}

Time time_of(const char* name, const json& value) {
    const auto time = parse_instant(text_of(name, value));
    if (!time) {
        throw FieldError(name, "must be a time as in RFC 3339");
    }
    return *time;
}

Members::Members(const json& object)
    : m_object(object) {
    if (!object.is_object()) {
        throw FieldError("body", "must be a JSON object");
    }
}

const json* Members::find(const char* name) const {
    const auto found = m_object.find(name);
    return found == m_object.end() || found->is_null() ? nullptr : &*found;
}

std::optional<std::string> Members::maybe_text(const char* name) const {
    const json* value = find(name);
    return value == nullptr ? std::nullopt : std::optional(text_of(name, *value));
}

std::string Members::text(const char* name) const {
    auto value = maybe_text(name);
    if (!value) {
        throw FieldError(name, "is missing");
    }
    return *std::move(value);
}

std::string Members::text_or(const char* name, std::string otherwise) const {
    return maybe_text(name).value_or(std::move(otherwise));
}

std::optional<std::int64_t> Members::maybe_integer(const char* name) const {
    const json* value = find(name);
    return value == nullptr ? std::nullopt : std::optional(integer_of(name, *value));
}

std::int64_t Members::integer(const char* name) const {
    const auto value = maybe_integer(name);
    if (!value) {
        throw FieldError(name, "is missing");
    }
    return *value;
}

std::optional<Time> Members::maybe_time(const char* name) const {
    const json* value = find(name);
    return value == nullptr ? std::nullopt : std::optional(time_of(name, *value));
}

const json& Members::list(const char* name) const {
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

json to_json(const NewRelease& release) {
    json object = write<json>(release);
    object["status"] = release::to_string(release::Status::initiated);
    return object;
}

ordered_json to_json(const release::Event& event) {
    return write<ordered_json>(event);
}

release::Event event_from(const ordered_json& object) {
    auto event = read<release::Event>(object);
    if (const auto detail = object.find("detail"); detail != object.end()) {
        event.detail = detail->dump();
    }
    return event;
}

} // namespace loomrel::store::wire
