#pragma once

#include "lib/ssh/handles.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace loomrel::ssh {

struct PrivateKey {
    enum class Problem { none, missing, unreadable, encrypted, not_a_key, too_short };

    KeyHandle key;
    Problem problem = Problem::none;
};

// PEM or OpenSSH. Nobody is ever asked for a passphrase: an encrypted key is a problem to be told.
[[nodiscard]] PrivateKey parse_private_key(std::string_view text);
[[nodiscard]] PrivateKey read_private_key(const std::filesystem::path& file);

} // namespace loomrel::ssh
