#pragma once

#include <string>
#include <string_view>

namespace loomrel {

// One word for a POSIX shell. Plain words stay as they are, so that scripts read well; everything
// else is put in single quotes. A NUL byte cannot stand in a word: std::invalid_argument.
[[nodiscard]] std::string shell_quote(std::string_view word);

// A word of a command that a person is to type: without what a terminal would obey, then quoted.
[[nodiscard]] std::string typed_word(std::string_view word);

} // namespace loomrel
