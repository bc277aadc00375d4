#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

// How an entity is described (entities.hpp): each of its fields once, by name, with its rules.
namespace loomrel::store {

// What a text may be that a caller writes.
enum class Text { any, line, service, tag, commit, ref, uuid, github_run, link, email, json };

struct Rule {
    // A caller must give it, and not "".
    bool required = false;
    Text text = Text::any;
    std::size_t longest = 200; // bytes, of Text::line and of a map's keys and values
    std::size_t most = 0;      // elements of a list or map; 0 = no limit
    // The only texts that it may be.
    std::span<const std::string_view> words{};
    // Where it is absent in JSON; "" = as the entity is made.
    const char* otherwise = "";
    // Another name that callers may use in JSON.
    const char* alias = "";
    // Its column, where that has another name; k_no_column: it has none.
    const char* column = "";
    // The ledger writes it; an INSERT does not take it from the entity.
    bool by_ledger = false;
    // Nothing is absent in JSON and NULL in its column; else it is null, or "".
    bool absent_if_empty = false;
    // A text that holds JSON, which stands in JSON as what it is.
    bool embedded = false;
};

inline constexpr const char* k_no_column = "-";

template <typename T> inline constexpr bool k_is_optional = false;
template <typename T> inline constexpr bool k_is_optional<std::optional<T>> = true;
template <typename T> inline constexpr bool k_is_list = false;
template <typename T> inline constexpr bool k_is_list<std::vector<T>> = true;

template <typename Entity, typename Member> struct Field {
    const char* name; // in JSON
    Member Entity::*member;
    Rule rule;

    [[nodiscard]] constexpr bool has_column() const {
        return std::string_view(rule.column) != k_no_column;
    }

    [[nodiscard]] constexpr std::string_view column() const {
        return *rule.column != '\0' ? rule.column : name;
    }
};

template <typename Entity, typename Member>
constexpr Field<Entity, Member> field(const char* name, Member Entity::*member, Rule rule = {}) {
    return {name, member, rule};
}

// A tuple of Field for each described entity.
template <typename Entity> inline constexpr auto k_fields = nullptr;

template <typename Entity>
concept Described = !std::is_same_v<decltype(k_fields<Entity>), const std::nullptr_t>;

template <Described Entity, typename Visit> constexpr void for_each_field(const Visit& visit) {
    std::apply([&](const auto&... each) { (visit(each), ...); }, k_fields<Entity>);
}

} // namespace loomrel::store
