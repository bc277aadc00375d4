#pragma once

#include "lib/config/config.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

// What people are to hear although no release moved, as Telegram's HTML. Pure.
namespace loomrel::bot {

// The rules that decisions and claims are held to have changed: what, and who wrote them. Of the
// fact of a notice "rules_changed".
[[nodiscard]] std::string rules_alarm(const config::Config& config, const nlohmann::json& fact);

// A person let into production what nothing proves. Of the fact of a notice "unapproved".
[[nodiscard]] std::string unapproved_alarm(const config::Config& config,
                                           const nlohmann::json& fact);

} // namespace loomrel::bot
