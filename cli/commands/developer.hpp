#pragma once

#include "cli/context/services.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace loomrel::cli {

// Whose personal host a push goes to: the flag, else the commit's author in Actions, else who
// started the run. A GitHub login, checked; Error(usage) if none of them says it.
[[nodiscard]] std::string author_of(Services& services, const std::optional<std::string>& flag);

// "dependabot[bot]"
[[nodiscard]] bool is_bot(std::string_view login);

// Error(config) naming the keys to add to .env.servers.
[[nodiscard]] Error no_host_of(Services& services, const std::string& login);

} // namespace loomrel::cli
