#include "lib/ssh/key_size.hpp"

#include <bit>
#include <cstdint>
#include <string>

namespace loomrel::ssh {

namespace {

std::string decode_base64(std::string_view text) {
    constexpr std::string_view k_digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    std::uint32_t held = 0;
    int bits = 0;
    for (const char c : text) {
        const std::size_t digit = k_digits.find(c);
        if (digit == std::string_view::npos) {
            break;
        }
        held = (held << 6U) | static_cast<std::uint32_t>(digit);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes += static_cast<char>((held >> static_cast<unsigned>(bits)) & 0xFFU);
        }
    }
    return bytes;
}

// Takes an SSH string, four bytes of length and so many more, off the front.
std::optional<std::string_view> take_string(std::string_view& bytes) {
    constexpr std::size_t k_length = 4;
    if (bytes.size() < k_length) {
        return std::nullopt;
    }
    std::size_t size = 0;
    for (const char c : bytes.substr(0, k_length)) {
        size = (size << 8U) | static_cast<unsigned char>(c);
    }
    bytes.remove_prefix(k_length);
    if (size > bytes.size()) {
        return std::nullopt;
    }
    const std::string_view taken = bytes.substr(0, size);
    bytes.remove_prefix(size);
    return taken;
}

} // namespace

std::optional<int> rsa_bits(std::string_view blob) {
    const std::string bytes = decode_base64(blob);
    std::string_view rest = bytes;
    const auto type = take_string(rest);
    if (!type || *type != "ssh-rsa" || !take_string(rest)) {
        return std::nullopt;
    }
    auto modulus = take_string(rest);
    if (!modulus) {
        return std::nullopt;
    }
    while (modulus->starts_with('\0')) {
        modulus->remove_prefix(1);
    }
    if (modulus->empty()) {
        return 0;
    }
    const auto first = static_cast<unsigned char>(modulus->front());
    return static_cast<int>((modulus->size() - 1) * 8) + std::bit_width(first);
}

bool is_too_short(ssh_key key) {
    char* base64 = nullptr;
    if (ssh_key_type(key) != SSH_KEYTYPE_RSA
        || ssh_pki_export_pubkey_base64(key, &base64) != SSH_OK) {
        return false;
    }
    const TextHandle blob(base64);
    return rsa_bits(blob.get()).value_or(0) < k_smallest_rsa_bits;
}

} // namespace loomrel::ssh
