#include "lib/base/text.hpp"
#include "lib/base/utf8.hpp"

#include <algorithm>
#include <array>

namespace loomrel {

namespace {

struct Range {
    char32_t first;
    char32_t last;
};

template <std::size_t size> bool holds(const std::array<Range, size>& sorted, char32_t code) {
    const auto after =
        std::upper_bound(sorted.begin(), sorted.end(), code, [](char32_t value, const Range& r) {
            return value < r.first;
        });
    return after != sorted.begin() && code <= std::prev(after)->last;
}

// What is not seen but changes how the rest is seen. Variation selectors stay: the spec's own
// emoji have them.
constexpr std::array k_invisible{
    Range{0x00AD, 0x00AD},   // soft hyphen
    Range{0x061C, 0x061C},   // Arabic letter mark
    Range{0x115F, 0x1160},   // Hangul fillers
    Range{0x180E, 0x180E},   // Mongolian vowel separator
    Range{0x200B, 0x200F},   // zero width, direction marks
    Range{0x2028, 0x202E},   // line separators, bidirectional embeddings and overrides
    Range{0x2060, 0x206F},   // word joiner, isolates
    Range{0x3164, 0x3164},   // Hangul filler
    Range{0xFEFF, 0xFEFF},   // byte order mark
    Range{0xFFA0, 0xFFA0},   // Hangul filler
    Range{0xFFF9, 0xFFFB},   // interlinear annotation
    Range{0xE0000, 0xE007F}, // tags
};

constexpr std::array k_no_width{
    Range{0x0300, 0x036F},
    Range{0x0483, 0x0489},
    Range{0x0591, 0x05BD},
    Range{0x064B, 0x065F},
    Range{0x1AB0, 0x1AFF},
    Range{0x1DC0, 0x1DFF},
    Range{0x20D0, 0x20FF},
    Range{0xFE00, 0xFE0F},
    Range{0xFE20, 0xFE2F},
    Range{0x1F3FB, 0x1F3FF},
    Range{0xE0100, 0xE01EF},
};

constexpr std::array k_wide{
    Range{0x1100, 0x115F},   Range{0x231A, 0x231B},   Range{0x2329, 0x232A},
    Range{0x23E9, 0x23EC},   Range{0x23F0, 0x23F0},   Range{0x23F3, 0x23F3},
    Range{0x25FD, 0x25FE},   Range{0x2614, 0x2615},   Range{0x2648, 0x2653},
    Range{0x267F, 0x267F},   Range{0x2693, 0x2693},   Range{0x26A1, 0x26A1},
    Range{0x26AA, 0x26AB},   Range{0x26BD, 0x26BE},   Range{0x26C4, 0x26C5},
    Range{0x26CE, 0x26CE},   Range{0x26D4, 0x26D4},   Range{0x26EA, 0x26EA},
    Range{0x26F2, 0x26F3},   Range{0x26F5, 0x26F5},   Range{0x26FA, 0x26FA},
    Range{0x26FD, 0x26FD},   Range{0x2705, 0x2705},   Range{0x270A, 0x270B},
    Range{0x2728, 0x2728},   Range{0x274C, 0x274C},   Range{0x274E, 0x274E},
    Range{0x2753, 0x2755},   Range{0x2757, 0x2757},   Range{0x2795, 0x2797},
    Range{0x27B0, 0x27B0},   Range{0x27BF, 0x27BF},   Range{0x2B1B, 0x2B1C},
    Range{0x2B50, 0x2B50},   Range{0x2B55, 0x2B55},   Range{0x2E80, 0x303E},
    Range{0x3041, 0x33FF},   Range{0x3400, 0x4DBF},   Range{0x4E00, 0x9FFF},
    Range{0xA000, 0xA4CF},   Range{0xA960, 0xA97F},   Range{0xAC00, 0xD7A3},
    Range{0xF900, 0xFAFF},   Range{0xFE10, 0xFE19},   Range{0xFE30, 0xFE6F},
    Range{0xFF00, 0xFF60},   Range{0xFFE0, 0xFFE6},   Range{0x1F004, 0x1F004},
    Range{0x1F0CF, 0x1F0CF}, Range{0x1F18E, 0x1F18E}, Range{0x1F191, 0x1F19A},
    Range{0x1F1E6, 0x1F202}, Range{0x1F210, 0x1F23B}, Range{0x1F240, 0x1F248},
    Range{0x1F250, 0x1F251}, Range{0x1F260, 0x1F265}, Range{0x1F300, 0x1F320},
    Range{0x1F32D, 0x1F335}, Range{0x1F337, 0x1F37C}, Range{0x1F37E, 0x1F393},
    Range{0x1F3A0, 0x1F3CA}, Range{0x1F3CF, 0x1F3D3}, Range{0x1F3E0, 0x1F3F0},
    Range{0x1F3F4, 0x1F3F4}, Range{0x1F3F8, 0x1F43E}, Range{0x1F440, 0x1F440},
    Range{0x1F442, 0x1F4FC}, Range{0x1F4FF, 0x1F53D}, Range{0x1F54B, 0x1F54E},
    Range{0x1F550, 0x1F567}, Range{0x1F57A, 0x1F57A}, Range{0x1F595, 0x1F596},
    Range{0x1F5A4, 0x1F5A4}, Range{0x1F5FB, 0x1F64F}, Range{0x1F680, 0x1F6C5},
    Range{0x1F6CC, 0x1F6CC}, Range{0x1F6D0, 0x1F6D2}, Range{0x1F6D5, 0x1F6DF},
    Range{0x1F6EB, 0x1F6EC}, Range{0x1F6F4, 0x1F6FC}, Range{0x1F7E0, 0x1F7EB},
    Range{0x1F7F0, 0x1F7F0}, Range{0x1F90C, 0x1F93A}, Range{0x1F93C, 0x1F945},
    Range{0x1F947, 0x1F9FF}, Range{0x1FA70, 0x1FAFF}, Range{0x20000, 0x3FFFD},
};

constexpr char32_t k_escape = 0x1B;
constexpr char32_t k_bell = 0x07;
constexpr char32_t k_string_end = 0x9C;
constexpr char32_t k_sequence = 0x9B;

bool is_control(char32_t code) {
    return code < 0x20 || (code >= 0x7F && code < 0xA0);
}

// DCS, SOS, OSC, PM, APC: what follows is a string up to its terminator.
bool opens_string(char32_t c1) {
    return c1 == 0x90 || c1 == 0x98 || c1 == 0x9D || c1 == 0x9E || c1 == 0x9F;
}

// Takes an escape sequence (ECMA-48) off the text bit by bit. A newline ends everything: a sequence
// that is never closed must not hide the lines after it.
class EscapeSkipper {
public:
    // True if the code belongs to a sequence and must not be shown.
    bool takes(char32_t code) {
        if (code == '\n') {
            m_state = State::text;
            return false;
        }
        if (code == k_escape) {
            m_state = m_state == State::string ? State::string_escape : State::escape;
            return true;
        }
        switch (m_state) {
        case State::text:
            return takes_control(code);
        case State::escape:
            return takes_after_escape(code);
        case State::intermediate:
            m_state = code >= 0x20 && code <= 0x2F ? State::intermediate : State::text;
            return code >= 0x20 && code <= 0x7E;
        case State::sequence:
            if (code >= 0x20 && code <= 0x3F) {
                return true;
            }
            m_state = State::text;
            return code >= 0x40 && code <= 0x7E;
        case State::string:
            if (code == k_bell || code == k_string_end) {
                m_state = State::text;
            }
            return true;
        case State::string_escape:
            m_state = code == '\\' ? State::text : State::string;
            return true;
        }
        return false;
    }

private:
    enum class State { text, escape, intermediate, sequence, string, string_escape };

    bool takes_control(char32_t code) {
        if (code == k_sequence) {
            m_state = State::sequence;
            return true;
        }
        if (opens_string(code)) {
            m_state = State::string;
            return true;
        }
        return false;
    }

    bool takes_after_escape(char32_t code) {
        m_state = State::text;
        if (code >= 0x40 && code <= 0x5F) { // the seven-bit way to write U+0080 … U+009F
            takes_control(code + 0x40);
            return true;
        }
        if (code >= 0x20 && code <= 0x2F) {
            m_state = State::intermediate;
            return true;
        }
        return code >= 0x30 && code <= 0x7E;
    }

    State m_state = State::text;
};

std::string made_harmless(std::string_view text, bool one_line) {
    std::string clean;
    clean.reserve(text.size());
    EscapeSkipper escape;
    while (!text.empty()) {
        const utf8::Decoded next = utf8::decode(text);
        const std::string_view bytes = text.substr(0, next.bytes);
        text.remove_prefix(next.bytes);
        if (!next.valid) {
            utf8::append(clean, 0xFFFD);
        } else if (escape.takes(next.code)) {
            continue;
        } else if (next.code == '\n' || next.code == '\t') {
            clean += one_line ? ' ' : static_cast<char>(next.code);
        } else if (!is_control(next.code) && !holds(k_invisible, next.code)) {
            clean += bytes;
        }
    }
    return clean;
}

} // namespace

std::string sanitize(std::string_view text) {
    return made_harmless(text, false);
}

std::string sanitize_line(std::string_view text) {
    return made_harmless(text, true);
}

std::size_t display_width(std::string_view text) {
    constexpr char32_t k_emoji_form = 0xFE0F; // "show the one before as an emoji"
    std::size_t columns = 0;
    std::size_t last = 0;
    while (!text.empty()) {
        const utf8::Decoded next = utf8::decode(text);
        text.remove_prefix(next.bytes);
        if (!next.valid) {
            last = 1;
        } else if (next.code == k_emoji_form && last == 1) {
            last = 0;
            ++columns;
            continue;
        } else if (is_control(next.code) || holds(k_no_width, next.code)
                   || holds(k_invisible, next.code)) {
            continue;
        } else {
            last = holds(k_wide, next.code) ? 2 : 1;
        }
        columns += last;
    }
    return columns;
}

} // namespace loomrel
