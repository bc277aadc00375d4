#pragma once

#include "lib/base/error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace loomrel {

enum class Language { ru, en };

[[nodiscard]] inline const std::string& in(Language language, const Phrase& phrase) {
    return language == Language::ru ? phrase.ru : phrase.en;
}

[[nodiscard]] inline std::optional<Language> parse_language(std::string_view text) {
    if (text == "ru") {
        return Language::ru;
    }
    if (text == "en") {
        return Language::en;
    }
    return std::nullopt;
}

} // namespace loomrel
