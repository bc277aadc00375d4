#include "lib/terminal/workflow_commands.hpp"

#include "lib/base/text.hpp"

#include <algorithm>

namespace loomrel::terminal::workflow {

namespace {

// A whole annotation is cut by GitHub at 64 KiB or less; people read the first lines.
constexpr std::size_t k_max_message = 4096;

std::string escaped(std::string_view text, std::string_view also) {
    std::string out;
    for (const char letter : text) {
        switch (letter) {
        case '%':
            out += "%25";
            break;
        case '\r':
            out += "%0D";
            break;
        case '\n':
            out += "%0A";
            break;
        default:
            if (also.find(letter) != std::string_view::npos) {
                out += letter == ':' ? "%3A" : "%2C";
            } else {
                out += letter;
            }
        }
    }
    return out;
}

std::string data(std::string_view text) {
    return escaped(text, "");
}

std::string property(std::string_view text) {
    return escaped(text, ":,");
}

} // namespace

std::string group(std::string_view title) {
    return "::group::" + data(title);
}

std::string end_group() {
    return "::endgroup::";
}

std::string add_mask(std::string_view value) {
    return "::add-mask::" + data(value);
}

std::string error(std::string_view title, std::string_view message) {
    const std::string_view shown = cut_bytes(message, k_max_message);
    return "::error title=" + property(title) + "::" + data(shown)
           + (shown.size() < message.size() ? "…" : "");
}

std::string stop_commands(std::string_view token) {
    return "::stop-commands::" + std::string(token);
}

std::string resume_commands(std::string_view token) {
    return "::" + std::string(token) + "::";
}

bool is_inert(std::string_view line) {
    if (line.find("##[") != std::string_view::npos) {
        return false;
    }
    // The runner skips every blank of Unicode; letters, digits and four-byte emoji are none.
    const std::size_t colons = line.find("::");
    const auto is_solid = [](char letter) {
        return (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z')
               || (letter >= 'a' && letter <= 'z') || static_cast<unsigned char>(letter) >= 0xF0;
    };
    return colons == std::string_view::npos
           || std::any_of(line.begin(), line.begin() + static_cast<long>(colons), is_solid);
}

} // namespace loomrel::terminal::workflow
