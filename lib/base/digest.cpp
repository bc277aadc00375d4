#include "lib/base/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <stdexcept>

namespace loomrel {

namespace {

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string as_text(const unsigned char* bytes, unsigned size) {
    return {reinterpret_cast<const char*>(bytes), size};
}

} // namespace

std::string sha256(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
        throw std::runtime_error("libcrypto gives no SHA-256");
    }
    return as_text(digest.data(), size);
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (HMAC(EVP_sha256(),
             key.data(),
             static_cast<int>(key.size()),
             bytes_of(text),
             text.size(),
             digest.data(),
             &size)
        == nullptr) {
        throw std::runtime_error("libcrypto gives no HMAC");
    }
    return as_text(digest.data(), size);
}

std::string to_hex(std::string_view bytes) {
    static constexpr std::string_view k_digits = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += {k_digits[byte >> 4], k_digits[byte & 15]};
    }
    return text;
}

bool is_same_secret(std::string_view given, std::string_view wanted) {
    const std::string left = sha256(given);
    const std::string right = sha256(wanted);
    return CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

} // namespace loomrel
