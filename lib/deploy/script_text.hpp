#pragma once

#include "lib/deploy/plan.hpp"

#include <string>
#include <string_view>

namespace loomrel::deploy {

// NAME='value' lines.
class Assignments {
public:
    Assignments& set(std::string_view name, std::string_view value);
    Assignments& set(std::string_view name, std::int64_t value);

    [[nodiscard]] const std::string& text() const { return m_text; }

private:
    std::string m_text;
};

// The functions m_… that say a step's sentence, and the texts T_…. What belongs to a run or is
// known only on the host stands in them as a quoted variable. Developers' environment speaks of
// branches.
[[nodiscard]] std::string message_functions(const config::DeploySettings& settings,
                                            Language language);

} // namespace loomrel::deploy
