#include "lib/base/text.hpp"

#include "lib/base/utf8.hpp"

#include <algorithm>
#include <charconv>

namespace loomrel {

namespace {

constexpr std::string_view k_blanks = " \t\r\n\v\f";

char lower(char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

// Insertions, deletions, replacements and swapped neighbours, each counting one.
std::size_t typing_distance(std::string_view left, std::string_view right) {
    const std::size_t width = right.size() + 1;
    std::vector<std::size_t> before(width);
    std::vector<std::size_t> previous(width);
    std::vector<std::size_t> row(width);
    for (std::size_t column = 0; column < width; ++column) {
        previous[column] = column;
    }
    for (std::size_t i = 1; i <= left.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j < width; ++j) {
            const std::size_t replaced = previous[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
            row[j] = std::min({previous[j] + 1, row[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1]) {
                row[j] = std::min(row[j], before[j - 2] + 1);
            }
        }
        std::swap(before, previous);
        std::swap(previous, row);
    }
    return previous.back();
}

} // namespace

std::string_view trim(std::string_view text) {
    const std::size_t first = text.find_first_not_of(k_blanks);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(k_blanks) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    std::size_t begin = 0;
    for (std::size_t end = text.find(separator); end != std::string_view::npos;
         end = text.find(separator, begin)) {
        parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    parts.push_back(text.substr(begin));
    return parts;
}

std::vector<std::string> words_of(std::string_view text) {
    constexpr std::string_view k_between = " \t\r\n";
    std::vector<std::string> words;
    for (std::size_t at = text.find_first_not_of(k_between); at != std::string_view::npos;) {
        const std::size_t end = std::min(text.find_first_of(k_between, at), text.size());
        words.emplace_back(text.substr(at, end - at));
        at = text.find_first_not_of(k_between, end);
    }
    return words;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
    std::string joined;
    for (std::size_t index = 0; index < parts.size(); ++index) {
        if (index > 0) {
            joined += separator;
        }
        joined += parts[index];
    }
    return joined;
}

std::string to_lower(std::string_view text) {
    std::string lowered(text);
    std::transform(lowered.begin(), lowered.end(), lowered.begin(), lower);
    return lowered;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, problem] = std::from_chars(text.data(), end, number);
    if (problem != std::errc{} || stopped != end) {
        return std::nullopt;
    }
    return number;
}

std::string_view cut_bytes(std::string_view text, std::size_t max_bytes) {
    if (text.size() <= max_bytes) {
        return text;
    }
    std::size_t end = max_bytes;
    // A code point has at most three continuation bytes; more are not UTF-8 and may be cut
    // anywhere.
    for (int back = 0; back < 3 && end > 0; ++back) {
        if (!utf8::is_continuation(text[end])) {
            return text.substr(0, end);
        }
        --end;
    }
    return utf8::is_continuation(text[end]) ? text.substr(0, max_bytes) : text.substr(0, end);
}

std::optional<std::string> did_you_mean(std::string_view typed,
                                        std::span<const std::string> known) {
    const std::string wanted = to_lower(typed);
    if (wanted.empty()) {
        return std::nullopt;
    }
    std::optional<std::string> best;
    std::size_t best_distance = 0;
    for (const std::string& candidate : known) {
        const std::string name = to_lower(candidate);
        const std::size_t longer = std::max(wanted.size(), name.size());
        std::size_t distance = typing_distance(wanted, name);
        // A third of the letters may be wrong; a beginning of three letters or more is near too.
        if (distance > std::max<std::size_t>(1, longer / 3)) {
            if (wanted.size() < 3 || name.compare(0, wanted.size(), wanted) != 0) {
                continue;
            }
            distance = longer;
        }
        if (distance < longer && distance == wanted.size()) {
            continue; // nothing of what was typed is left
        }
        if (!best || distance < best_distance) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

} // namespace loomrel
