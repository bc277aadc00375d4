#pragma once

#include "lib/base/language.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace loomrel::bot {

// What an event's detail says beside its move, for people: why they are asked anew, by what the
// release was outrun, why a claim was refused. Plain text of one line, sanitized; "" = nothing.
[[nodiscard]] std::string event_words(Language language, const nlohmann::json& detail);

// "hooks.before_up, health": the keys in `settings` of an event; "" = none differ.
[[nodiscard]] std::string setting_keys(Language language, const nlohmann::json& detail);

} // namespace loomrel::bot
