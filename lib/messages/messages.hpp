#pragma once

#include "lib/base/error.hpp"
#include "lib/base/language.hpp"
#include "lib/messages/ids.hpp"

#include <fmt/args.h>
#include <fmt/format.h>

#include <span>
#include <string>

// Every text that a user reads, in Russian and English. A row of the catalogue holds both, so none
// can be missing; at compile time both must name the same {arguments}.
//
//     messages::say(language, messages::Id::log_deploy_started, fmt::arg("tag", tag))
namespace loomrel::messages {

struct Row {
    Id id;
    const char* ru;
    const char* en;
};

// For the test that finds the spec's sentences in it.
[[nodiscard]] std::span<const Row> catalogue();

[[nodiscard]] std::string format(Language language, Id id, fmt::format_args arguments);

template <typename... Arguments>
[[nodiscard]] std::string say(Language language, Id id, Arguments&&... arguments) {
    return format(language, id, fmt::make_format_args(arguments...));
}

// Both languages at once: for an Error.
template <typename... Arguments> [[nodiscard]] Phrase phrase(Id id, Arguments&&... arguments) {
    return {format(Language::ru, id, fmt::make_format_args(arguments...)),
            format(Language::en, id, fmt::make_format_args(arguments...))};
}

} // namespace loomrel::messages
