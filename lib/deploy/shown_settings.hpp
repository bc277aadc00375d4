#pragma once

#include "lib/config/config.hpp"

#include <map>
#include <string>

namespace loomrel::deploy {

// What decides how a version runs in production, for people to be shown where it changes (design
// 13.4): the settings that are sent to its hosts, but no times and no counts. Key as in
// loomrel.toml -> hash of its value; what has its default is left out. Never empty: the entry
// store::k_settings_form says how it was made.
[[nodiscard]] std::map<std::string, std::string>
shown_settings(const config::DeploySettings& settings);

} // namespace loomrel::deploy
