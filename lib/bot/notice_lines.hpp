#pragma once

#include "lib/base/language.hpp"
#include "lib/messages/messages.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

// Pieces that notices are put together from.
namespace loomrel::bot {

// A field of a fact or of an event's detail; "" if it is not there or no text.
[[nodiscard]] std::string text_of(const nlohmann::json& object, const char* name);

// A JSON object, whatever is in the text.
[[nodiscard]] nlohmann::json object_of(const std::string& text);

// Why a run failed, from the detail of its event: what to show (HTML), and the whole of it as plain
// text, for a file, if that is too long to be shown.
struct Why {
    std::string html;
    std::string document;
};

[[nodiscard]] Why why_of(const nlohmann::json& detail, Language language);

// Free text made to fit: escaped, cut; the whole as a document if it was cut.
[[nodiscard]] Why fit(const std::string& text, std::size_t most);

} // namespace loomrel::bot
