#pragma once

#include "cli/syntax/exit_code.hpp"
#include "lib/messages/ids.hpp"

#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace loomrel::cli {

class Services;

// What a command does once its options are known. It knows nothing of how they were typed.
using Runner = std::function<ExitCode(Services&)>;

// Where a typed value goes. A number that is none, a word that is not among the choices, a value
// given twice: Error(usage) before the runner is called.
using Target = std::variant<bool*,
                            std::string*,
                            std::optional<std::string>*,
                            std::optional<std::int64_t>*,
                            std::vector<std::string>*>;

struct Parameter {
    std::string long_name;  // "--service"; of an argument: "ID", "[TEXT]" if it may be left out
    std::string short_name; // "-f" or ""
    std::string value;      // "TAG"; "" = a flag
    messages::Id help;
    Target target;
    bool required = false;
    std::vector<std::string> choices; // "" = anything
};

// One node of the tree of commands: a family ("release") or a command ("release list"). Parsing,
// help, completion and "did you mean" are all made from this tree; how to fill it stands at the top
// of cli/commands/commands.hpp.
class Command {
public:
    Command(std::string name, messages::Id about);
    // Children point to their parent.
    Command(const Command&) = delete;
    Command& operator=(const Command&) = delete;

    // A command under this one. The reference stays good as long as the tree does.
    Command& command(std::string name, messages::Id about);

    // `names`: "--service" or "-f,--follow".
    Command& flag(std::string_view names, messages::Id help, bool& target);
    Command& option(std::string_view names, std::string value, messages::Id help, Target target);
    // By its place. A vector takes all that follow and is the last.
    Command& argument(std::string name, messages::Id help, Target target);
    // Of the parameter added last.
    Command& required();
    Command& choices(std::vector<std::string> words);

    Command& runs(Runner runner);

    [[nodiscard]] const std::string& name() const { return m_name; }

    // "release list"; "" for the program itself.
    [[nodiscard]] std::string path() const;

    [[nodiscard]] messages::Id about() const { return m_about; }

    [[nodiscard]] const std::list<Command>& commands() const { return m_commands; }

    [[nodiscard]] const std::vector<Parameter>& options() const { return m_options; }

    [[nodiscard]] const std::vector<Parameter>& arguments() const { return m_arguments; }

    [[nodiscard]] const Runner& runner() const { return m_runner; }

    [[nodiscard]] const Command* find(std::string_view name) const;

private:
    std::string m_name;
    messages::Id m_about;
    const Command* m_parent = nullptr;
    std::list<Command> m_commands; // a list: parents and references stay where they are
    std::vector<Parameter> m_options;
    std::vector<Parameter> m_arguments;
    Parameter* m_last = nullptr;
    Runner m_runner;
};

} // namespace loomrel::cli
