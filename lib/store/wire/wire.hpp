#pragma once

#include "lib/base/words.hpp"
#include "lib/store/entities.hpp"

#include <nlohmann/json.hpp>

#include <exception>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// The ledger's values as JSON, one form for all who write them down or send them: the spool, the
// Release API and the store that speaks to it. Each follows from its description (entities.hpp).
namespace loomrel::store::wire {

// A value that is missing, of a wrong type or not among the allowed ones.
class FieldError : public std::exception {
public:
    FieldError(std::string field, std::string problem)
        : m_text("\"" + std::move(field) + "\" " + std::move(problem)) {}

    [[nodiscard]] const char* what() const noexcept override { return m_text.c_str(); }

private:
    std::string m_text;
};

// Each throws FieldError for a value of another type.
[[nodiscard]] std::string text_of(const char* name, const nlohmann::json& value);
[[nodiscard]] std::int64_t integer_of(const char* name, const nlohmann::json& value);
// 0 to INT32_MAX.
[[nodiscard]] int count_of(const char* name, const nlohmann::json& value);
[[nodiscard]] bool flag_of(const char* name, const nlohmann::json& value);
[[nodiscard]] Time time_of(const char* name, const nlohmann::json& value);

// Reads members of an object; FieldError for whatever is not as asked. null is as good as absent.
class Members {
public:
    explicit Members(const nlohmann::json& object);

    [[nodiscard]] std::string text(const char* name) const;
    [[nodiscard]] std::string text_or(const char* name, std::string otherwise) const;
    [[nodiscard]] std::optional<std::string> maybe_text(const char* name) const;
    [[nodiscard]] std::int64_t integer(const char* name) const;
    [[nodiscard]] std::optional<std::int64_t> maybe_integer(const char* name) const;
    [[nodiscard]] std::optional<Time> maybe_time(const char* name) const;
    // nullptr = absent.
    [[nodiscard]] const nlohmann::json* find(const char* name) const;
    // Absent = empty.
    [[nodiscard]] const nlohmann::json& list(const char* name) const;

private:
    const nlohmann::json& m_object;
};

using TimeText = std::string (*)(Time);

// In the order of the description, where Json keeps one.
template <typename Json, Described Entity>
Json write(const Entity& entity, TimeText time = to_rfc3339_micro);

template <typename Json, typename T> Json value_to(const T& value, TimeText time) {
    if constexpr (k_is_optional<T>) {
        return value ? value_to<Json>(*value, time) : Json();
    } else if constexpr (k_is_list<T>) {
        Json list = Json::array();
        for (const auto& one : value) {
            list.push_back(value_to<Json>(one, time));
        }
        return list;
    } else if constexpr (std::is_same_v<T, Time>) {
        return time(value);
    } else if constexpr (std::is_same_v<T, Milliseconds>) {
        return value.count();
    } else if constexpr (std::is_enum_v<T>) {
        return to_string(value);
    } else if constexpr (Described<T>) {
        return write<Json>(value, time);
    } else {
        return value;
    }
}

template <typename T> bool is_nothing(const T& value) {
    if constexpr (k_is_optional<T>) {
        return !value.has_value();
    } else if constexpr (std::is_same_v<
                             T,
                             std::string> || std::is_same_v<T, std::vector<std::string>>) {
        return value.empty();
    } else {
        return false;
    }
}

template <typename Json, Described Entity> Json write(const Entity& entity, TimeText time) {
    Json object = Json::object();
    for_each_field<Entity>([&](const auto& field) {
        const auto& member = entity.*field.member;
        if (field.rule.absent_if_empty && is_nothing(member)) {
            return;
        }
        object[field.name] = value_to<Json>(member, time);
        if (field.rule.embedded) {
            auto inner =
                Json::parse(object[field.name].template get<std::string>(), nullptr, false);
            if (!inner.is_discarded()) {
                object[field.name] = std::move(inner);
            }
        }
    });
    return object;
}

template <Described Entity> nlohmann::json to_json(const Entity& entity) {
    return write<nlohmann::json>(entity);
}

// With the status that a new release has.
[[nodiscard]] nlohmann::json to_json(const NewRelease& release);
// The members of its detail stay in their order, which plain JSON would not keep.
[[nodiscard]] nlohmann::ordered_json to_json(const release::Event& event);
[[nodiscard]] release::Event event_from(const nlohmann::ordered_json& object);

template <Described Entity> Entity read(const nlohmann::json& object);

// A step to a status that no move leads to, people's decisions and the claim among them, is none.
template <typename Enum> Enum word_of(const char* name, const nlohmann::json& value) {
    const auto word = parse_word<Enum>(text_of(name, value));
    if (!word) {
        throw FieldError(name, "is not a known word");
    }
    return *word;
}

template <typename T> T value_from(const char* name, const nlohmann::json& value) {
    if constexpr (std::is_same_v<T, std::string>) {
        return text_of(name, value);
    } else if constexpr (std::is_same_v<T, std::int64_t>) {
        return integer_of(name, value);
    } else if constexpr (std::is_same_v<T, int>) {
        return count_of(name, value);
    } else if constexpr (std::is_same_v<T, bool>) {
        return flag_of(name, value);
    } else if constexpr (std::is_same_v<T, Time>) {
        return time_of(name, value);
    } else if constexpr (std::is_same_v<T, Milliseconds>) {
        return Milliseconds(integer_of(name, value));
    } else if constexpr (std::is_same_v<T, std::optional<RunOutcome>>) {
        // A word of a newer loomrel's: it has ended, and here nobody knows how.
        return parse_word<RunOutcome>(text_of(name, value)).value_or(RunOutcome::unknown);
    } else if constexpr (k_is_optional<T>) {
        return value_from<typename T::value_type>(name, value);
    } else if constexpr (std::is_enum_v<T>) {
        return word_of<T>(name, value);
    } else if constexpr (k_is_list<T>) {
        if (!value.is_array()) {
            throw FieldError(name, "must be a list");
        }
        T list;
        for (const nlohmann::json& one : value) {
            list.push_back(value_from<typename T::value_type>(name, one));
        }
        return list;
    } else if constexpr (std::is_same_v<T, Settings>) {
        if (!value.is_object()) {
            throw FieldError(name, "must be an object");
        }
        T texts;
        for (const auto& [key, text] : value.items()) {
            texts[key] = text_of(name, text);
        }
        return texts;
    } else {
        return read<T>(value);
    }
}

template <Described Entity> Entity read(const nlohmann::json& object) {
    const Members members(object);
    Entity entity;
    for_each_field<Entity>([&](const auto& field) {
        auto& member = entity.*field.member;
        using Member = std::remove_reference_t<decltype(member)>;
        const nlohmann::json* given = members.find(field.name);
        if (given == nullptr && *field.rule.alias != '\0') {
            given = members.find(field.rule.alias);
        }
        if (given == nullptr && field.rule.required) {
            throw FieldError(field.name, "is missing");
        }
        if constexpr (std::is_same_v<Member, std::string>) {
            if (given == nullptr && *field.rule.otherwise != '\0') {
                member = field.rule.otherwise;
            }
            if (given != nullptr && field.rule.embedded) {
                member = given->dump();
                return;
            }
        }
        if (given != nullptr) {
            member = value_from<Member>(field.name, *given);
        }
    });
    return entity;
}

} // namespace loomrel::store::wire
