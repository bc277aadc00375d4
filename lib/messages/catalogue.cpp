#include "lib/messages/messages.hpp"

#include <array>
#include <string_view>

namespace loomrel::messages {

namespace {

// True if every {name} of one text stands in the other.
consteval bool names_all_of(std::string_view text, std::string_view other) {
    for (std::size_t at = text.find('{'); at != std::string_view::npos;
         at = text.find('{', at + 1)) {
        if (text.substr(at, 2) == "{{") {
            ++at;
            continue;
        }
        const std::size_t end = text.find('}', at);
        if (end == std::string_view::npos
            || other.find(text.substr(at, end - at + 1)) == std::string_view::npos) {
            return false;
        }
    }
    return true;
}

consteval Row checked(Id id, const char* ru, const char* en) {
    if (!names_all_of(ru, en) || !names_all_of(en, ru)) {
        throw "the two languages name different {arguments}";
    }
    return {id, ru, en};
}

constexpr auto k_catalogue = std::to_array<Row>({
#define LOOMREL_TEXT(id, ru, en) checked(Id::id, ru, en),
#include "lib/messages/catalogue/all.inc"
#undef LOOMREL_TEXT
});

} // namespace

std::span<const Row> catalogue() {
    return k_catalogue;
}

std::string format(Language language, Id id, fmt::format_args arguments) {
    const Row& row = k_catalogue.at(static_cast<std::size_t>(id));
    return fmt::vformat(language == Language::ru ? row.ru : row.en, arguments);
}

} // namespace loomrel::messages
