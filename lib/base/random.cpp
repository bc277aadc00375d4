#include "lib/base/random.hpp"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <vector>

namespace loomrel {

namespace {

void fill(unsigned char* bytes, std::size_t count) {
    while (count > 0) {
        const ssize_t got = getrandom(bytes, count, 0);
        if (got < 0) {
            if (errno == EINTR) {
                continue;
            }
            throw std::system_error(errno, std::generic_category(), "getrandom");
        }
        bytes += got;
        count -= static_cast<std::size_t>(got);
    }
}

using Bytes = std::array<unsigned char, 16>;

std::string to_uuid(Bytes raw, unsigned version) {
    raw[6] = static_cast<unsigned char>((raw[6] & 0x0FU) | (version << 4U));
    raw[8] = static_cast<unsigned char>((raw[8] & 0x3FU) | 0x80U); // RFC 9562's variant
    std::string text;
    for (std::size_t index = 0; index < raw.size(); ++index) {
        if (index == 4 || index == 6 || index == 8 || index == 10) {
            text += '-';
        }
        text += fmt::format("{:02x}", raw[index]);
    }
    return text;
}

// FNV-1a.
std::uint64_t hash_of(std::string_view text, std::uint64_t basis) {
    for (const char letter : text) {
        basis = (basis ^ static_cast<unsigned char>(letter)) * 1099511628211U;
    }
    return basis;
}

} // namespace

std::string random_hex(std::size_t bytes) {
    std::vector<unsigned char> raw(bytes);
    fill(raw.data(), raw.size());
    std::string text;
    text.reserve(bytes * 2);
    for (const unsigned char byte : raw) {
        text += fmt::format("{:02x}", byte);
    }
    return text;
}

std::string random_uuid() {
    Bytes raw{};
    fill(raw.data(), raw.size());
    return to_uuid(raw, 4);
}

bool is_uuid(std::string_view text) {
    constexpr std::string_view k_form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    return text.size() == k_form.size()
           && std::equal(text.begin(), text.end(), k_form.begin(), [](char given, char form) {
                  const bool digit =
                      (given >= '0' && given <= '9') || (given >= 'a' && given <= 'f');
                  return form == '-' ? given == '-' : digit;
              });
}

std::string uuid_of_name(std::string_view name) {
    Bytes raw{};
    std::uint64_t hash = 14695981039346656037U;
    for (std::size_t index = 0; index < raw.size(); ++index) {
        if (index % 8 == 0) {
            hash = hash_of(name, hash);
        }
        raw[index] = static_cast<unsigned char>(hash >> (56 - index % 8 * 8));
    }
    return to_uuid(raw, 8);
}

} // namespace loomrel
