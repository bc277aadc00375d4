#include "cli/actions/outputs.hpp"

#include "lib/base/random.hpp"
#include "lib/base/text.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace loomrel::cli::github {

namespace {

constexpr std::size_t k_limit = 1024 * 1024; // of a file, by GitHub

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_output_name(std::string_view name) {
    return !name.empty() && is_letter(name.front())
           && std::all_of(name.begin(), name.end(), [](char c) {
                  return is_letter(c) || (c >= '0' && c <= '9') || c == '-';
              });
}

std::string delimiter_for(std::string_view value, const Token& token) {
    for (;;) {
        const std::string delimiter = "loomrel-" + (token ? token() : random_hex(16));
        if (value.find(delimiter) == std::string_view::npos) {
            return delimiter;
        }
    }
}

std::size_t size_of(const std::filesystem::path& file) {
    std::error_code absent;
    const std::uintmax_t size = std::filesystem::file_size(file, absent);
    return absent ? 0 : static_cast<std::size_t>(size);
}

// What an earlier command of the step wrote may lack its last newline; ours begins on a line.
std::string opening(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary | std::ios::ate);
    if (!stream || stream.tellg() <= 0) {
        return {};
    }
    stream.seekg(-1, std::ios::end);
    return stream.get() == '\n' ? "" : "\n";
}

void append(const std::filesystem::path& file, const std::string& text) {
    errno = 0;
    std::ofstream stream(file, std::ios::binary | std::ios::app);
    stream << text;
    stream.close();
    if (!stream) {
        throw std::system_error(errno != 0 ? errno : EIO, std::generic_category(), file.string());
    }
}

bool is_punctuation(char c) {
    return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`')
           || (c >= '{' && c <= '~');
}

} // namespace

void append_outputs(const std::filesystem::path& file, const Outputs& outputs, const Token& token) {
    std::string text = opening(file);
    for (const auto& [name, value] : outputs) {
        if (!is_output_name(name)) {
            throw std::invalid_argument("not a name for an output: " + name);
        }
        const std::string delimiter = delimiter_for(value, token);
        text += name + "<<" + delimiter + '\n' + value + '\n' + delimiter + '\n';
    }
    if (size_of(file) + text.size() > k_limit) {
        throw std::length_error("outputs larger than 1 MiB");
    }
    append(file, text);
}

void append_summary(const std::filesystem::path& file, std::string_view markdown) {
    constexpr std::string_view k_cut = "\n…\n";
    std::string text = opening(file) + std::string(markdown);
    const std::size_t there = size_of(file);
    if (there + text.size() > k_limit) {
        if (there + k_cut.size() > k_limit) {
            return;
        }
        text = cut_bytes(text, k_limit - there - k_cut.size());
        text += k_cut;
    }
    append(file, text);
}

std::string markdown_text(std::string_view text) {
    std::string out;
    const std::string clean = sanitize_line(text);
    const auto is_digit_at = [&](std::size_t at) {
        return at < clean.size() && clean[at] >= '0' && clean[at] <= '9';
    };
    for (std::size_t at = 0; at < clean.size(); ++at) {
        // A backslash before any punctuation is that punctuation (GFM 0.29, 6.1): no emphasis,
        // link, mention, HTML or end of the cell comes of it. Versions stay as they are written.
        const bool in_number =
            clean[at] == '.' && at > 0 && is_digit_at(at - 1) && is_digit_at(at + 1);
        if (is_punctuation(clean[at]) && !in_number) {
            out += '\\';
        }
        out += clean[at];
    }
    return out;
}

std::string markdown_heading(std::string_view text) {
    return "### " + markdown_text(text) + "\n\n";
}

std::string markdown_table(const std::vector<std::vector<std::string>>& rows) {
    std::string out;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const std::size_t columns = rows.front().size();
        for (std::size_t column = 0; column < columns; ++column) {
            const bool filled = column < rows[row].size();
            out += "| " + (filled ? markdown_text(rows[row][column]) : "") + ' ';
        }
        out += "|\n";
        if (row == 0) {
            for (std::size_t column = 0; column < columns; ++column) {
                out += "|---";
            }
            out += "|\n";
        }
    }
    return out + '\n';
}

std::string markdown_code(std::string_view text) {
    const std::string clean = sanitize(text);
    // A fence is closed only by one that is at least as long.
    std::size_t longest = 0;
    std::size_t run = 0;
    for (const char c : clean) {
        run = c == '`' ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    const std::string fence(std::max<std::size_t>(3, longest + 1), '`');
    return fence + "text\n" + clean + (clean.ends_with('\n') ? "" : "\n") + fence + "\n\n";
}

} // namespace loomrel::cli::github
