#include "lib/base/secret.hpp"

#include "lib/base/text.hpp"
#include "lib/base/utf8.hpp"

#include <openssl/crypto.h>

#include <algorithm>

namespace loomrel {

namespace {

constexpr std::size_t k_shortest = 4;

std::string hex(std::string_view text, std::string_view digits) {
    std::string out;
    for (const char letter : text) {
        const auto byte = static_cast<unsigned char>(letter);
        out += digits[byte >> 4U];
        out += digits[byte & 0x0FU];
    }
    return out;
}

std::string url_encoded(std::string_view text, std::string_view digits, std::string_view blank) {
    constexpr std::string_view k_unreserved = "-._~";
    std::string out;
    for (const char letter : text) {
        const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z')
                           || (letter >= '0' && letter <= '9')
                           || k_unreserved.find(letter) != std::string_view::npos;
        if (plain) {
            out += letter;
        } else if (letter == ' ') {
            out += blank;
        } else {
            out += '%' + hex({&letter, 1}, digits);
        }
    }
    return out;
}

enum class JsonStyle { plain, escaped_slash, ascii_only };

std::string json_encoded(std::string_view text, JsonStyle style) {
    std::string out;
    const auto add_unit = [&](char32_t unit) {
        out += fmt::format("\\u{:04x}", static_cast<unsigned>(unit));
    };
    while (!text.empty()) {
        const utf8::Decoded next = utf8::decode(text);
        const std::string_view bytes = text.substr(0, next.bytes);
        text.remove_prefix(next.bytes);
        const std::size_t short_form = std::string_view("\"\\\b\f\n\r\t").find(bytes);
        if (bytes.size() == 1 && short_form != std::string_view::npos) {
            out += '\\';
            out += std::string_view("\"\\bfnrt")[short_form];
        } else if (bytes == "/" && style == JsonStyle::escaped_slash) {
            out += "\\/";
        } else if (next.valid && next.code < 0x20) {
            add_unit(next.code);
        } else if (next.valid && next.code >= 0x10000 && style == JsonStyle::ascii_only) {
            add_unit(0xD800U + ((next.code - 0x10000U) >> 10U));
            add_unit(0xDC00U + ((next.code - 0x10000U) & 0x3FFU));
        } else if (next.valid && next.code >= 0x80 && style == JsonStyle::ascii_only) {
            add_unit(next.code);
        } else {
            out += bytes;
        }
    }
    return out;
}

enum class Base64End { sure, last, padded };

// The characters of a longer text's base64 that the secret alone decides, if it begins `shift`
// bytes behind a group of three; for a secret at the text's end also the last one and the padding.
std::string
base64(std::string_view text, std::size_t shift, std::string_view alphabet, Base64End end) {
    const std::string shifted = std::string(shift, '\0') + std::string(text);
    std::string out;
    unsigned bits = 0;
    unsigned held = 0;
    for (const char letter : shifted) {
        held = ((held << 8U) | static_cast<unsigned char>(letter)) & 0xFFFFU;
        bits += 8;
        while (bits >= 6) {
            bits -= 6;
            out += alphabet[(held >> bits) & 0x3FU];
        }
    }
    if (end != Base64End::sure && bits > 0) {
        out += alphabet[(held << (6 - bits)) & 0x3FU];
    }
    while (end == Base64End::padded && out.size() % 4 != 0) {
        out += '=';
    }
    return out.substr((shift * 8 + 5) / 6);
}

struct Match {
    std::size_t length = 0; // of the longest form here, 0 = none
    bool may_grow = false;  // the text ends within a longer one
};

Match match_at(const std::vector<std::string>& forms, std::string_view text) {
    Match match;
    for (const std::string& form : forms) { // longest first
        if (form.front() != text.front()) {
            continue;
        }
        if (form.size() > text.size()) {
            match.may_grow = match.may_grow || form.compare(0, text.size(), text) == 0;
        } else if (text.compare(0, form.size(), form) == 0) {
            match.length = form.size();
            return match;
        }
    }
    return match;
}

// Masks from the left; secrets that overlap become one mask. Stops, if more may follow, where what
// is there may be the beginning of a secret, and takes everything before off `text`.
std::string mask(const std::vector<std::string>& forms, std::string_view& text, bool more) {
    std::string out;
    while (!text.empty()) {
        Match match = match_at(forms, text);
        if (match.may_grow && more) {
            return out;
        }
        if (match.length == 0) {
            out += text.front();
            text.remove_prefix(1);
            continue;
        }
        std::size_t end = match.length;
        for (std::size_t inside = 1; inside < end; ++inside) {
            match = match_at(forms, text.substr(inside));
            if (match.may_grow && more) {
                return out;
            }
            end = std::max(end, inside + match.length);
        }
        out += Secret::masked();
        text.remove_prefix(end);
    }
    return out;
}

} // namespace

void wipe(std::string& text) noexcept {
    // A short text lies in the string itself and stays there when it is moved away.
    text.resize(text.capacity());
    OPENSSL_cleanse(text.data(), text.size());
    text.clear();
}

Secret::Secret(std::string value)
    : m_value(std::move(value)) {
    wipe(value);
}

Secret::Secret(Secret&& other) noexcept
    : m_value(std::move(other.m_value)) {
    wipe(other.m_value);
}

Secret& Secret::operator=(const Secret& other) {
    if (this != &other) {
        // Assigning would leave the rest of a longer one behind the new one's end.
        wipe(m_value);
        m_value = other.m_value;
    }
    return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        wipe(m_value);
        m_value = std::move(other.m_value);
        wipe(other.m_value);
    }
    return *this;
}

Redactor::~Redactor() {
    std::for_each(m_forms.begin(), m_forms.end(), wipe);
}

void Redactor::add(const Secret& secret) {
    const std::string& value = secret.reveal();
    const auto look_for = [&](std::string form) {
        if (form.size() >= k_shortest) {
            m_forms.push_back(std::move(form));
        }
    };
    if (value.size() < k_shortest) {
        return;
    }
    look_for(value);
    for (const std::string_view line : split(value, '\n')) {
        look_for(std::string(trim(line)));
    }
    for (const std::string_view digits : {"0123456789abcdef", "0123456789ABCDEF"}) {
        look_for(hex(value, digits));
        look_for(url_encoded(value, digits, "%20"));
        look_for(url_encoded(value, digits, "+"));
    }
    for (const JsonStyle style :
         {JsonStyle::plain, JsonStyle::escaped_slash, JsonStyle::ascii_only}) {
        look_for(json_encoded(value, style));
    }
    constexpr std::string_view k_common =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    for (const std::string_view two : {"+/", "-_"}) {
        const std::string alphabet = std::string(k_common) + std::string(two);
        for (std::size_t shift = 0; shift < 3; ++shift) {
            for (const Base64End end : {Base64End::sure, Base64End::last, Base64End::padded}) {
                look_for(base64(value, shift, alphabet, end));
            }
        }
    }
    std::sort(
        m_forms.begin(), m_forms.end(), [](const std::string& left, const std::string& right) {
            return left.size() != right.size() ? left.size() > right.size() : left < right;
        });
    m_forms.erase(std::unique(m_forms.begin(), m_forms.end()), m_forms.end());
}

std::string Redactor::redact(std::string_view text) const {
    return mask(m_forms, text, false);
}

std::string Redactor::Stream::feed(std::string_view piece) {
    m_held += piece;
    std::string_view rest = m_held;
    std::string out = mask(m_redactor->m_forms, rest, true);
    m_held.erase(0, m_held.size() - rest.size());
    return out;
}

std::string Redactor::Stream::flush() {
    std::string out = m_redactor->redact(m_held);
    m_held.clear();
    return out;
}

} // namespace loomrel
