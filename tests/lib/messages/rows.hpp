#pragma once

#include "lib/messages/messages.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace loomrel::test {

// A row with its id's name: "log_deployed".
struct NamedRow {
    std::string_view name;
    messages::Row row;

    [[nodiscard]] bool is_of(std::string_view area) const { return name.starts_with(area); }
};

inline std::vector<NamedRow> named_rows() {
    constexpr std::string_view k_names[] = {
#define LOOMREL_TEXT(id, ru, en) #id,
#include "lib/messages/catalogue/all.inc"
#undef LOOMREL_TEXT
    };
    std::vector<NamedRow> rows;
    for (const messages::Row& row : messages::catalogue()) {
        rows.push_back({k_names[static_cast<std::size_t>(row.id)], row});
    }
    return rows;
}

// The names of the {arguments} of a text, in their order.
inline std::vector<std::string> arguments_of(std::string_view text) {
    std::vector<std::string> names;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text.substr(at, 2) == "{{") {
            ++at;
        } else if (text[at] == '{') {
            const std::size_t end = text.find_first_of(":}", at);
            names.emplace_back(text.substr(at + 1, end - at - 1));
        }
    }
    return names;
}

} // namespace loomrel::test
