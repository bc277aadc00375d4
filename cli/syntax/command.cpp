#include "cli/syntax/command.hpp"

#include "lib/base/text.hpp"

#include <algorithm>
#include <utility>

namespace loomrel::cli {

Command::Command(std::string name, messages::Id about)
    : m_name(std::move(name)),
      m_about(about) {}

Command& Command::command(std::string name, messages::Id about) {
    Command& child = m_commands.emplace_back(std::move(name), about);
    child.m_parent = this;
    return child;
}

Command& Command::flag(std::string_view names, messages::Id help, bool& target) {
    return option(names, "", help, &target);
}

Command&
Command::option(std::string_view names, std::string value, messages::Id help, Target target) {
    Parameter parameter{"", "", std::move(value), help, target, false, {}};
    for (const std::string_view name : split(names, ',')) {
        (name.starts_with("--") ? parameter.long_name : parameter.short_name) = name;
    }
    m_last = &m_options.emplace_back(std::move(parameter));
    return *this;
}

Command& Command::argument(std::string name, messages::Id help, Target target) {
    const bool required = !name.starts_with("[");
    m_last = &m_arguments.emplace_back(
        Parameter{name, "", std::string(trim(name)), help, target, required, {}});
    return *this;
}

Command& Command::required() {
    m_last->required = true;
    return *this;
}

Command& Command::choices(std::vector<std::string> words) {
    m_last->choices = std::move(words);
    return *this;
}

Command& Command::runs(Runner runner) {
    m_runner = std::move(runner);
    return *this;
}

std::string Command::path() const {
    if (m_parent == nullptr) {
        return "";
    }
    const std::string before = m_parent->path();
    return before.empty() ? m_name : before + " " + m_name;
}

const Command* Command::find(std::string_view name) const {
    const auto found = std::find_if(m_commands.begin(), m_commands.end(), [&](const Command& each) {
        return each.name() == name;
    });
    return found == m_commands.end() ? nullptr : &*found;
}

} // namespace loomrel::cli
