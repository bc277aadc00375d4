#include "cli/syntax/help.hpp"

#include "cli/syntax/parse.hpp"
#include "lib/base/text.hpp"
#include "lib/messages/messages.hpp"

#include <algorithm>
#include <utility>

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::say;

using Lines = std::vector<std::pair<std::string, std::string>>;

std::string block(const std::string& title, const Lines& lines) {
    if (lines.empty()) {
        return {};
    }
    std::size_t widest = 0;
    for (const auto& [name, about] : lines) {
        widest = std::max(widest, display_width(name));
    }
    std::string text = "\n" + title + "\n";
    for (const auto& [name, about] : lines) {
        text += "  " + name + std::string(widest - display_width(name) + 2, ' ') + about + "\n";
    }
    return text;
}

Lines lines_of(const std::vector<Parameter>& options, Language language) {
    Lines lines;
    for (const Parameter& each : options) {
        std::string name = each.short_name.empty() ? "    " : each.short_name + ", ";
        name += each.long_name + (each.value.empty() ? "" : " " + each.value);
        lines.emplace_back(std::move(name), say(language, each.help));
    }
    return lines;
}

std::string usage_of(const Command& command, Language language) {
    std::string text = "loomrel";
    if (!command.path().empty()) {
        text += " " + command.path();
    }
    if (!command.commands().empty()) {
        return text + " " + say(language, Id::cli_help_command_word);
    }
    bool optional = false;
    for (const Parameter& each : command.options()) {
        if (each.required) {
            text += " " + each.long_name + " " + each.value;
        } else {
            optional = true;
        }
    }
    for (const Parameter& each : command.arguments()) {
        text += " " + each.long_name;
    }
    return optional ? text + " " + say(language, Id::cli_help_flags_word) : text;
}

} // namespace

std::string help_of(const Command& command, Language language) {
    std::string text = say(language, command.about()) + "\n\n" + say(language, Id::cli_help_usage)
                       + " " + usage_of(command, language) + "\n";
    Lines commands;
    for (const Command& each : command.commands()) {
        commands.emplace_back(each.name(), say(language, each.about()));
    }
    text += block(say(language, Id::cli_help_commands), commands);
    Lines arguments;
    for (const Parameter& each : command.arguments()) {
        arguments.emplace_back(each.long_name, say(language, each.help));
    }
    text += block(say(language, Id::cli_help_arguments), arguments);
    text += block(say(language, Id::cli_help_options), lines_of(command.options(), language));
    GlobalOptions unused;
    text +=
        block(say(language, Id::cli_help_globals), lines_of(global_parameters(unused), language));
    if (!command.commands().empty()) {
        const std::string path = command.path().empty() ? "" : command.path() + " ";
        text += "\n" + say(language, Id::cli_help_more, fmt::arg("path", path)) + "\n";
    }
    return text;
}

} // namespace loomrel::cli
