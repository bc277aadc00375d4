#include "lib/ssh/private_key.hpp"

#include "lib/base/file.hpp"
#include "lib/base/text.hpp"
#include "lib/ssh/key_size.hpp"

#include <optional>
#include <system_error>

namespace loomrel::ssh {

namespace {

constexpr std::size_t k_largest_key = 64 * 1024;

// Without a callback OpenSSL would ask on the terminal.
int refuse_passphrase(const char*, char*, std::size_t, int, int, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
}

} // namespace

PrivateKey parse_private_key(std::string_view text) {
    // Secrets pasted into a form lose their last newline and gain carriage returns.
    std::string clean;
    for (const char c : trim(text)) {
        if (c != '\r') {
            clean.push_back(c);
        }
    }
    clean.push_back('\n');
    bool asked = false;
    ssh_key key = nullptr;
    const int result =
        ssh_pki_import_privkey_base64(clean.c_str(), nullptr, refuse_passphrase, &asked, &key);
    PrivateKey parsed;
    parsed.key.reset(key);
    if (result != SSH_OK) {
        parsed.problem = asked ? PrivateKey::Problem::encrypted : PrivateKey::Problem::not_a_key;
    } else if (is_too_short(key)) {
        parsed.problem = PrivateKey::Problem::too_short;
    }
    return parsed;
}

PrivateKey read_private_key(const std::filesystem::path& file) {
    PrivateKey absent;
    try {
        if (const std::optional<std::string> text = read_file(file, k_largest_key)) {
            return parse_private_key(*text);
        }
        absent.problem = PrivateKey::Problem::missing;
    } catch (const std::system_error&) {
        absent.problem = PrivateKey::Problem::unreadable;
    }
    return absent;
}

} // namespace loomrel::ssh
