#pragma once

#include "lib/base/words.hpp"
#include "lib/store/entities.hpp"
#include "lib/store/sql/actors.hpp"
#include "lib/store/sql/session.hpp"
#include "lib/store/sql/settings.hpp"
#include "lib/store/sql/text.hpp"

#include <algorithm>
#include <climits>
#include <map>
#include <optional>
#include <string>
#include <type_traits>

// Rows of described entities (entities.hpp): what is selected, read and inserted has one order,
// that of the description, and nobody counts columns.
namespace loomrel::store {

// "id, service, …" of what has a column; of those named here, another expression.
template <Described Entity>
std::string columns_of(const std::map<std::string_view, std::string>& expressions = {}) {
    std::string columns;
    for_each_field<Entity>([&](const auto& field) {
        if (!field.has_column()) {
            return;
        }
        const std::string column(field.column());
        const auto other = expressions.find(column);
        columns += columns.empty() ? "" : ", ";
        columns += other == expressions.end() ? column : other->second + " AS " + column;
    });
    return columns;
}

template <typename T> T cell_to(const std::optional<std::string>& cell) {
    if constexpr (std::is_same_v<T, std::string>) {
        return cell.value_or("");
    } else if constexpr (std::is_same_v<T, std::int64_t>) {
        return integer_of(cell);
    } else if constexpr (std::is_same_v<T, int>) {
        return static_cast<int>(std::clamp<std::int64_t>(integer_of(cell), INT_MIN, INT_MAX));
    } else if constexpr (std::is_same_v<T, Milliseconds>) {
        return Milliseconds(std::max<std::int64_t>(integer_of(cell), 0));
    } else if constexpr (std::is_same_v<T, Time>) {
        return parse_instant(cell).value_or(Time{});
    } else if constexpr (std::is_same_v<T, std::optional<Time>>) {
        return parse_instant(cell);
    } else if constexpr (std::is_same_v<T, Settings>) {
        return settings_of(cell.value_or(""));
    } else if constexpr (std::is_same_v<T, bool>) {
        return cell == "1" || cell == "t" || cell == "true";
    } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
        // An empty list may say "all of them", so nothing unreadable becomes one.
        if (auto list = list_of(cell.value_or(""))) {
            return *std::move(list);
        }
        throw Fault(Fault::Kind::failed, "no list: " + cell.value_or(""));
    } else if constexpr (std::is_same_v<T, std::optional<RunOutcome>>) {
        // A word of a newer loomrel's: it has ended, and here nobody knows how.
        return cell ? parse_word<RunOutcome>(*cell).value_or(RunOutcome::unknown) : T();
    } else if constexpr (std::is_enum_v<T>) {
        // No value stands for a word that a newer loomrel wrote: the first one may be an approval.
        if (const auto known = parse_word<T>(cell.value_or(""))) {
            return *known;
        }
        throw Fault(Fault::Kind::failed, "a word of a newer loomrel: " + cell.value_or(""));
    } else if constexpr (std::is_same_v<T, std::optional<release::Actors>>) {
        return actors_of(cell);
    } else if constexpr (k_is_optional<T>) {
        return cell ? T(cell_to<typename T::value_type>(cell)) : T();
    } else {
        return T(); // a list: rows of another table
    }
}

// A row of columns_of<Entity>(), or one that begins with them.
template <Described Entity> Entity entity_of(const Row& row) {
    Entity entity;
    std::size_t column = 0;
    for_each_field<Entity>([&](const auto& field) {
        if (field.has_column()) {
            auto& member = entity.*field.member;
            member = cell_to<std::remove_reference_t<decltype(member)>>(row.at(column++));
        }
    });
    return entity;
}

template <typename T> Value cell_of(const T& value, const Rule& rule) {
    if constexpr (std::is_same_v<T, std::string>) {
        if (value.empty() && rule.absent_if_empty) {
            return {};
        }
        return rule.embedded ? storable_json(value) : storable(value);
    } else if constexpr (std::is_same_v<T, Settings>) {
        return settings_text(value);
    } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
        return list_text(value);
    } else if constexpr (std::is_enum_v<T>) {
        return std::string(to_string(value));
    } else if constexpr (std::is_integral_v<T>) {
        return static_cast<std::int64_t>(value);
    } else if constexpr (k_is_optional<T>) {
        return value ? cell_of(*value, rule) : Value();
    } else {
        return {}; // a list, or a time, which the ledger's clock tells
    }
}

// "INSERT INTO table (columns) VALUES (values)", written as pairs of both.
class Insert {
public:
    explicit Insert(const std::string& table)
        : m_table(table) {
        m_query.repeated = true;
    }

    // An expression in SQL. What it binds is bound by bind().
    Insert& set_sql(std::string_view column, const std::string& expression) {
        const char* const separator = m_columns.empty() ? "" : ", ";
        m_columns += separator + std::string(column);
        m_values += separator + expression;
        return *this;
    }

    Insert& set(std::string_view column, Value value) {
        return set_sql(column, m_query.bind(std::move(value)));
    }

    // Every column of the entity that the ledger does not write itself.
    template <Described Entity> Insert& set_all(const Entity& entity) {
        for_each_field<Entity>([&](const auto& field) {
            if (field.has_column() && !field.rule.by_ledger) {
                set(field.column(), cell_of(entity.*field.member, field.rule));
            }
        });
        return *this;
    }

    [[nodiscard]] Query& bindings() { return m_query; }

    // With what follows the values.
    [[nodiscard]] Query query(const std::string& rest) {
        m_query.text =
            "INSERT INTO " + m_table + " (" + m_columns + ") VALUES (" + m_values + ")" + rest;
        return std::move(m_query);
    }

private:
    std::string m_table;
    std::string m_columns;
    std::string m_values;
    Query m_query;
};

} // namespace loomrel::store
