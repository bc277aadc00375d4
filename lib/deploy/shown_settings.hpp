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

// Takes out of `of_repository` what runs in production already: the keys whose values are those of
// `deployed`, the record of a run there; of an empty record, those that have their defaults. Keys
// that decide nothing about how a version runs are taken out too.
void keep_unproven(config::DeploySettings& settings,
                   const std::map<std::string, std::string>& deployed);

// Whether they would let a repository's file say what is run on a host of production, or a trusted
// one that could not be read says otherwise: then nothing of them is sent there, and the program
// that the last deploy left there knows its own. So it is until keep_unproven has been asked.
[[nodiscard]] bool is_unproven(const config::DeploySettings& settings);

// Where that program lies: a repository's file has no word in it. "" = the default for the login.
[[nodiscard]] std::string proven_state_dir(const config::DeploySettings& settings);

} // namespace loomrel::deploy
