#include "cli/syntax/parse.hpp"

#include "lib/base/error.hpp"
#include "lib/base/text.hpp"
#include "lib/messages/messages.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <utility>

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;

std::string shown_name(const Parameter& parameter) {
    return parameter.long_name.empty() ? parameter.short_name : parameter.long_name;
}

Phrase see_help(const Command& command) {
    const std::string path = command.path();
    return phrase(Id::cli_hint_help,
                  fmt::arg("command", path.empty() ? "loomrel" : "loomrel " + path));
}

// CLI11 is asked for one level of the tree at a time, as a flat list of options: its own
// subcommands would take an argument that is called like a command for that command, and its exit
// codes and texts must not get out.
class Level {
public:
    Level() {
        m_app.set_help_flag("");
        m_app.allow_windows_style_options(false);
    }

    void add_option(const Parameter& parameter) {
        std::string names = parameter.long_name;
        if (!parameter.short_name.empty()) {
            names += (names.empty() ? "" : ",") + parameter.short_name;
        }
        (parameter.value.empty() ? m_flags : m_valued).push_back(parameter.long_name + "=");
        if (parameter.value.empty()) {
            m_app.add_flag_callback(names,
                                    [&parameter] { *std::get<bool*>(parameter.target) = true; });
            return;
        }
        m_app.add_option(names, taker(parameter))
            ->expected(1)
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }

    void add_argument(const Parameter& parameter) {
        auto* added = m_app.add_option(fmt::format("argument{}", m_arguments++), taker(parameter))
                          ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
        if (std::holds_alternative<std::vector<std::string>*>(parameter.target)) {
            added->expected(1, CLI::detail::expected_max_vector_size)->allow_extra_args(false);
        } else {
            added->expected(1);
        }
    }

    // What could not be placed. With `stop_at_unknown` everything from the first such word on.
    std::vector<std::string> parse(std::vector<std::string> words, bool stop_at_unknown) {
        m_app.allow_extras();
        m_app.prefix_command(stop_at_unknown);
        // "--to=" is given nothing; CLI11 would take the next word for it, be it "--dry-run".
        for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
            if (std::find(m_valued.begin(), m_valued.end(), words[i]) != m_valued.end()) {
                words[i].pop_back();
                words.insert(words.begin() + static_cast<std::ptrdiff_t>(++i), "");
            }
        }
        std::reverse(words.begin(), words.end()); // as CLI11 wants a vector
        m_app.parse(std::move(words));
        return m_app.remaining();
    }

    // "--yes=please"
    [[nodiscard]] bool is_flag_with_value(const std::string& word) const {
        return std::any_of(m_flags.begin(), m_flags.end(), [&](const std::string& flag) {
            return word.starts_with(flag);
        });
    }

private:
    CLI::callback_t taker(const Parameter& parameter) {
        return [&parameter](const std::vector<std::string>& values) {
            take(parameter, values);
            return true;
        };
    }

    static void take(const Parameter& parameter, const std::vector<std::string>& values) {
        const std::string name = shown_name(parameter);
        if (auto* const* all = std::get_if<std::vector<std::string>*>(&parameter.target)) {
            **all = values;
            return;
        }
        if (values.size() != 1) {
            throw Error(ErrorKind::usage,
                        "option_twice",
                        phrase(Id::cli_option_twice, fmt::arg("option", name)),
                        phrase(Id::cli_option_twice_hint));
        }
        const std::string& value = values.front();
        check_choice(parameter, value);
        if (value.empty() && must_name_something(parameter)) {
            throw Error(ErrorKind::usage,
                        "empty_value",
                        phrase(Id::cli_empty_value, fmt::arg("option", name)),
                        phrase(Id::cli_empty_value_hint, fmt::arg("option", name)));
        }
        if (auto* const* number = std::get_if<std::optional<std::int64_t>*>(&parameter.target)) {
            **number = parse_integer(value);
            if (!(*number)->has_value()) {
                throw Error(ErrorKind::usage,
                            "not_a_number",
                            phrase(Id::cli_not_a_number,
                                   fmt::arg("option", name),
                                   fmt::arg("value", sanitize_line(value))),
                            phrase(Id::cli_not_a_number_hint));
            }
        } else if (auto* const* text = std::get_if<std::string*>(&parameter.target)) {
            **text = value;
        } else if (auto* const* maybe =
                       std::get_if<std::optional<std::string>*>(&parameter.target)) {
            **maybe = value;
        }
    }

    // Taken for "not given" an empty one would mean another file, ledger or version.
    static bool must_name_something(const Parameter& parameter) {
        return parameter.value == "FILE" || parameter.value == "SHA"
               || parameter.long_name == "--store";
    }

    static void check_choice(const Parameter& parameter, const std::string& value) {
        if (parameter.choices.empty()
            || std::find(parameter.choices.begin(), parameter.choices.end(), value)
                   != parameter.choices.end()) {
            return;
        }
        const auto near = did_you_mean(value, parameter.choices);
        const std::string all = join(parameter.choices, ", ");
        throw Error(ErrorKind::usage,
                    "unknown_value",
                    phrase(Id::cli_unknown_value,
                           fmt::arg("option", shown_name(parameter)),
                           fmt::arg("value", sanitize_line(value))),
                    near ? phrase(Id::cli_did_you_mean, fmt::arg("name", *near))
                         : phrase(Id::cli_one_of, fmt::arg("names", all)));
    }

    CLI::App m_app;
    std::vector<std::string> m_flags;  // "--yes="
    std::vector<std::string> m_valued; // "--to="
    int m_arguments = 0;
};

[[noreturn]] void refuse_unknown_option(const Command& command,
                                        const std::vector<Parameter>& globals,
                                        const std::string& typed) {
    std::vector<std::string> known;
    for (const auto* list : {&command.options(), &globals}) {
        for (const Parameter& each : *list) {
            known.push_back(shown_name(each));
        }
    }
    const std::string name = typed.substr(0, typed.find('='));
    const auto near = did_you_mean(name, known);
    throw Error(ErrorKind::usage,
                "unknown_option",
                phrase(Id::cli_unknown_option, fmt::arg("option", sanitize_line(name))),
                near ? phrase(Id::cli_did_you_mean, fmt::arg("name", *near)) : see_help(command));
}

[[noreturn]] void refuse_unknown_command(const Command& family, const std::string& typed) {
    std::vector<std::string> known;
    for (const Command& each : family.commands()) {
        known.push_back(each.name());
    }
    const std::string before = family.path().empty() ? "loomrel" : "loomrel " + family.path();
    const auto near = did_you_mean(typed, known);
    throw Error(
        ErrorKind::usage,
        "unknown_command",
        phrase(Id::cli_unknown_command, fmt::arg("command", before + " " + sanitize_line(typed))),
        near ? phrase(Id::cli_did_you_mean, fmt::arg("name", before + " " + *near))
             : see_help(family));
}

void refuse_leftover(const Command& command,
                     const std::vector<Parameter>& globals,
                     const std::vector<std::string>& left) {
    // Behind the first "--" nothing is a flag; the word itself is no argument.
    const auto end_of_flags = std::find(left.begin(), left.end(), "--");
    for (auto word = left.begin(); word != end_of_flags; ++word) {
        if (word->size() > 1 && word->front() == '-') {
            refuse_unknown_option(command, globals, *word);
        }
    }
    const auto first = left.begin() == end_of_flags && end_of_flags != left.end()
                           ? std::next(end_of_flags)
                           : left.begin();
    if (first != left.end()) {
        throw Error(ErrorKind::usage,
                    "too_many_arguments",
                    phrase(Id::cli_too_many_arguments, fmt::arg("argument", sanitize_line(*first))),
                    see_help(command));
    }
}

bool is_missing(const Parameter& parameter) {
    const auto empty = [](const auto* target) {
        using Value = std::decay_t<decltype(*target)>;
        if constexpr (std::is_same_v<Value, bool>) {
            return !*target;
        } else if constexpr (
            std::is_same_v<
                Value,
                std::optional<std::string>> || std::is_same_v<Value, std::optional<std::int64_t>>) {
            return !target->has_value();
        } else {
            return target->empty();
        }
    };
    return parameter.required && std::visit(empty, parameter.target);
}

void refuse_missing(const Command& command) {
    for (const auto* list : {&command.arguments(), &command.options()}) {
        for (const Parameter& each : *list) {
            if (!is_missing(each)) {
                continue;
            }
            const std::string shown =
                list == &command.options() ? each.long_name + " " + each.value : each.long_name;
            throw Error(ErrorKind::usage,
                        "missing",
                        phrase(Id::cli_missing,
                               fmt::arg("command", command.path()),
                               fmt::arg("what", shown)),
                        see_help(command));
        }
    }
}

std::vector<std::string> parse_level(const Command& command,
                                     const std::vector<Parameter>& globals,
                                     const std::vector<std::string>& words,
                                     bool stop_at_unknown) {
    Level level;
    for (const Parameter& each : globals) {
        level.add_option(each);
    }
    if (!stop_at_unknown) {
        for (const Parameter& each : command.options()) {
            level.add_option(each);
        }
        for (const Parameter& each : command.arguments()) {
            level.add_argument(each);
        }
    }
    try {
        return level.parse(words, stop_at_unknown);
    } catch (const CLI::ParseError&) {
        for (const std::string& word : words) {
            if (level.is_flag_with_value(word)) {
                const std::string flag = word.substr(0, word.find('='));
                throw Error(ErrorKind::usage,
                            "takes_no_value",
                            phrase(Id::cli_takes_no_value, fmt::arg("option", flag)),
                            see_help(command));
            }
        }
        // Every option takes a flag or one word, and words are checked here: what is left is an
        // option whose word is missing, and such a one stands last.
        throw Error(ErrorKind::usage,
                    "value_missing",
                    phrase(Id::cli_value_missing,
                           fmt::arg("option", sanitize_line(words.empty() ? "" : words.back()))),
                    see_help(command));
    }
}

} // namespace

std::vector<Parameter> global_parameters(GlobalOptions& options) {
    return {
        {"--config", "", "FILE", Id::cli_help_config, &options.config, false, {}},
        {"--env-file", "", "FILE", Id::cli_help_env_file, &options.env_file, false, {}},
        {"--store", "", "URL", Id::cli_help_store, &options.store, false, {}},
        {"--lang", "", "ru|en", Id::cli_help_lang, &options.language, false, {"ru", "en"}},
        {"--json", "", "", Id::cli_help_json, &options.json, false, {}},
        {"--quiet", "-q", "", Id::cli_help_quiet, &options.quiet, false, {}},
        {"--verbose", "-v", "", Id::cli_help_verbose, &options.verbose, false, {}},
        {"--no-color", "", "", Id::cli_help_no_color, &options.no_color, false, {}},
        {"--help", "-h", "", Id::cli_help_help, &options.help, false, {}},
        {"--version", "", "", Id::cli_help_version, &options.version, false, {}},
    };
}

const Command&
parse(const Command& program, std::vector<std::string> words, GlobalOptions& options) {
    const std::vector<Parameter> globals = global_parameters(options);
    const Command* command = &program;
    while (!command->commands().empty()) {
        words = parse_level(*command, globals, words, true);
        if (words.empty() || (options.version && command == &program)) {
            return *command;
        }
        const std::string typed = words.front();
        if (typed.size() > 1 && typed.front() == '-') {
            refuse_unknown_option(*command, globals, typed);
        }
        const Command* child = command->find(typed);
        if (child == nullptr) {
            refuse_unknown_command(*command, typed);
        }
        command = child;
        words.erase(words.begin());
    }
    const std::vector<std::string> left = parse_level(*command, globals, words, false);
    if (!options.help) {
        refuse_leftover(*command, globals, left);
        refuse_missing(*command);
    }
    return *command;
}

} // namespace loomrel::cli
