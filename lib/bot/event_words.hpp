#pragma once

#include "lib/base/language.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace loomrel::bot {

// What an event's detail says beside its move, for people: why they are asked anew, by what the
// release was outrun, why a claim was refused. Plain text of one line, sanitized; "" = nothing.
[[nodiscard]] std::string event_words(Language language, const nlohmann::json& detail);

// Who made the event: where a key of the Release API did, the person that it named goes first.
[[nodiscard]] std::string
event_actor(Language language, const std::string& actor, const nlohmann::json& detail);

// The keys in `settings` of an event's detail: production's settings that differ.
[[nodiscard]] std::vector<std::string> settings_in(const nlohmann::json& detail);

// "hooks.before_up, health"; "" = none.
[[nodiscard]] std::string setting_keys(Language language, std::vector<std::string> keys);

// Decided::conflict or Claimed::conflict of a detail or fact, for people; one of a newer loomrel
// stands as it is.
[[nodiscard]] std::string why_refused(Language language, const nlohmann::json& detail);

} // namespace loomrel::bot
