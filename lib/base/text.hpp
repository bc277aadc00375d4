#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace loomrel {

[[nodiscard]] std::string_view trim(std::string_view text);
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
// What blanks, tabs and line ends stand between.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);
[[nodiscard]] std::string join(const std::vector<std::string>& parts, std::string_view separator);

// ASCII only: for host names, keys and logins.
[[nodiscard]] std::string to_lower(std::string_view text);

// The whole text is one number, without sign unless negative; nothing else is accepted.
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);

[[nodiscard]] bool is_valid_utf8(std::string_view text);

// Foreign text made harmless for a terminal or a log line: escape sequences, control characters
// (but tab and newline), bidirectional overrides and zero-width characters are taken out, bytes
// that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string sanitize(std::string_view text);

// As sanitize(), and newlines and tabs become blanks: for a text that must stay on one line.
[[nodiscard]] std::string sanitize_line(std::string_view text);

// The longest beginning of at most `max_bytes` that ends on a code point's border.
[[nodiscard]] std::string_view cut_bytes(std::string_view text, std::size_t max_bytes);

// Columns taken in a terminal (wide characters and emoji count two).
[[nodiscard]] std::size_t display_width(std::string_view text);

// The one of `known` that `typed` most likely meant, if any is near enough.
[[nodiscard]] std::optional<std::string> did_you_mean(std::string_view typed,
                                                      std::span<const std::string> known);

} // namespace loomrel
