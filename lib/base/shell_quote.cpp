#include "lib/base/shell_quote.hpp"

#include "lib/base/text.hpp"

#include <algorithm>
#include <stdexcept>

namespace loomrel {

namespace {

// "=" is not among them: a first word with it would be an assignment; nor is "~".
bool is_plain(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z')
           || (letter >= '0' && letter <= '9')
           || std::string_view("_-./:,@%+").find(letter) != std::string_view::npos;
}

} // namespace

std::string shell_quote(std::string_view word) {
    if (word.find('\0') != std::string_view::npos) {
        throw std::invalid_argument("a NUL byte cannot stand in a shell word");
    }
    if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) {
        return std::string(word);
    }
    std::string quoted = "'";
    for (const char letter : word) {
        if (letter == '\'') {
            quoted += "'\\''";
        } else {
            quoted += letter;
        }
    }
    quoted += '\'';
    return quoted;
}

std::string typed_word(std::string_view word) {
    return shell_quote(sanitize_line(word));
}

} // namespace loomrel
