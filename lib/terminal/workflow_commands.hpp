#pragma once

#include <string>
#include <string_view>

// Workflow commands: lines that GitHub's runner acts upon (docs.github.com, "Workflow commands for
// GitHub Actions"). All without the newline.
namespace loomrel::terminal::workflow {

[[nodiscard]] std::string group(std::string_view title);
[[nodiscard]] std::string end_group();
[[nodiscard]] std::string add_mask(std::string_view value);
// `message` may have several lines; too long a one is cut.
[[nodiscard]] std::string error(std::string_view title, std::string_view message);
// Between the two, nothing is acted upon. The token must be new each time and not to be guessed.
[[nodiscard]] std::string stop_commands(std::string_view token);
[[nodiscard]] std::string resume_commands(std::string_view token);

// False if the runner might take the line for a command. It skips leading blanks, and finds its
// older form ("##[") anywhere in a line.
[[nodiscard]] bool is_inert(std::string_view line);

} // namespace loomrel::terminal::workflow
