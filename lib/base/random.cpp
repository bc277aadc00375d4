#include "lib/base/random.hpp"

#include <fmt/format.h>
#include <sys/random.h>

#include <array>
#include <cerrno>
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
    std::array<unsigned char, 16> raw{};
    fill(raw.data(), raw.size());
    raw[6] = static_cast<unsigned char>((raw[6] & 0x0FU) | 0x40U); // version 4
    raw[8] = static_cast<unsigned char>((raw[8] & 0x3FU) | 0x80U); // RFC 4122's variant
    std::string text;
    for (std::size_t index = 0; index < raw.size(); ++index) {
        if (index == 4 || index == 6 || index == 8 || index == 10) {
            text += '-';
        }
        text += fmt::format("{:02x}", raw[index]);
    }
    return text;
}

} // namespace loomrel
