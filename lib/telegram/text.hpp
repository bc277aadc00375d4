#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Text for Telegram's HTML mode. Lengths are in UTF-16 units, as Telegram counts them, of what is
// left when tags and entities are parsed (https://core.telegram.org/bots/api#sendmessage).
namespace loomrel::telegram {

inline constexpr std::size_t k_longest_message = 4096;
inline constexpr std::size_t k_longest_answer = 200; // answerCallbackQuery

// Good between tags and in an attribute. The text is sanitized before, newlines stay.
[[nodiscard]] std::string escape_html(std::string_view text);
// The same for a value that belongs on one line; cut to so many units first.
[[nodiscard]] std::string escape_line(std::string_view text, std::size_t most = 300);

[[nodiscard]] std::size_t utf16_length(std::string_view text);
// At most so many units, on a character's border; ends with "…" if something was cut.
[[nodiscard]] std::string cut_utf16(std::string_view text, std::size_t most);

// What our own HTML says, without its tags: for when Telegram will not parse it.
[[nodiscard]] std::string plain_of(std::string_view html);

} // namespace loomrel::telegram
