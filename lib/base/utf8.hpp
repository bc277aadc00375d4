#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Reading UTF-8 code point by code point (RFC 3629: no overlong forms, no surrogates).
namespace loomrel::utf8 {

struct Decoded {
    char32_t code = 0;
    std::size_t bytes = 0; // taken from the text, at least 1
    bool valid = false; // false: `bytes` are the longest beginning of a character that never came
};

// `text` must not be empty.
[[nodiscard]] Decoded decode(std::string_view text);

void append(std::string& text, char32_t code);

[[nodiscard]] inline bool is_continuation(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

} // namespace loomrel::utf8
