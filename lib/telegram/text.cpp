#include "lib/telegram/text.hpp"

#include "lib/base/text.hpp"
#include "lib/base/utf8.hpp"

#include <array>
#include <utility>

namespace loomrel::telegram {

namespace {

constexpr std::array k_entities{std::pair<std::string_view, char>{"&lt;", '<'},
                                std::pair<std::string_view, char>{"&gt;", '>'},
                                std::pair<std::string_view, char>{"&quot;", '"'},
                                std::pair<std::string_view, char>{"&amp;", '&'}};

std::string escape(const std::string& text) {
    std::string out;
    for (const char letter : text) {
        std::string_view entity;
        for (const auto& [name, plain] : k_entities) {
            if (plain == letter) {
                entity = name;
            }
        }
        if (entity.empty()) {
            out += letter;
        } else {
            out += entity;
        }
    }
    return out;
}

std::size_t units_of(const utf8::Decoded& next) {
    return next.valid && next.code > 0xFFFF ? 2 : 1;
}

} // namespace

std::string escape_html(std::string_view text) {
    return escape(sanitize(text));
}

std::string escape_line(std::string_view text, std::size_t most) {
    return escape(cut_utf16(sanitize_line(text), most));
}

std::size_t utf16_length(std::string_view text) {
    std::size_t units = 0;
    while (!text.empty()) {
        const utf8::Decoded next = utf8::decode(text);
        units += units_of(next);
        text.remove_prefix(next.bytes);
    }
    return units;
}

std::string cut_utf16(std::string_view text, std::size_t most) {
    std::size_t units = 0;
    std::size_t bytes = 0;
    std::size_t room_for_dots = 0; // where to cut so that "…" still fits
    while (bytes < text.size()) {
        const utf8::Decoded next = utf8::decode(text.substr(bytes));
        units += units_of(next);
        if (units > most) {
            return most == 0 ? "" : std::string(text.substr(0, room_for_dots)) + "…";
        }
        bytes += next.bytes;
        if (units < most) {
            room_for_dots = bytes;
        }
    }
    return std::string(text);
}

std::string plain_of(std::string_view html) {
    std::string out;
    for (std::size_t at = 0; at < html.size();) {
        if (html[at] == '<') {
            const std::size_t end = html.find('>', at);
            at = end == std::string_view::npos ? html.size() : end + 1;
            continue;
        }
        std::size_t taken = 1;
        char letter = html[at];
        for (const auto& [name, plain] : k_entities) {
            if (html.substr(at).starts_with(name)) {
                taken = name.size();
                letter = plain;
            }
        }
        out += letter;
        at += taken;
    }
    return out;
}

} // namespace loomrel::telegram
