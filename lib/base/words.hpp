#pragma once

#include <optional>
#include <string_view>
#include <vector>

// Enums that are stored or sent as words: to_string(Enum) names the values 0, 1, 2, … and is ""
// behind the last one. It is the only list of them.
namespace loomrel {

template <typename Enum> std::vector<Enum> all_values() {
    std::vector<Enum> all;
    for (int value = 0; !to_string(static_cast<Enum>(value)).empty(); ++value) {
        all.push_back(static_cast<Enum>(value));
    }
    return all;
}

template <typename Enum> std::optional<Enum> parse_word(std::string_view text) {
    for (int value = 0; !to_string(static_cast<Enum>(value)).empty(); ++value) {
        if (to_string(static_cast<Enum>(value)) == text) {
            return static_cast<Enum>(value);
        }
    }
    return std::nullopt;
}

} // namespace loomrel
