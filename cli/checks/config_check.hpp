#pragma once

#include "cli/context/services.hpp"

#include <string>
#include <vector>

// What loads, but what commands would stumble upon. Nothing is connected to.
namespace loomrel::cli {

// What a deploy would.
[[nodiscard]] std::vector<Phrase> deploy_problems(Services& services);

// What any command would: one line each, in the language of the services.
[[nodiscard]] std::vector<std::string> config_problems(Services& services);

} // namespace loomrel::cli
