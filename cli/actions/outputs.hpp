#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The files through which a step talks to GitHub (docs.github.com, "Environment files"). All texts
// come in redacted: what is written here stays on the run's page.
namespace loomrel::cli::github {

using Outputs = std::vector<std::pair<std::string, std::string>>;
using Token = std::function<std::string()>;

// Appends the step's outputs to the file that $GITHUB_OUTPUT names. A value may hold anything, also
// lines that look like outputs. Names are [A-Za-z_][A-Za-z0-9_-]*, else std::invalid_argument. More
// than 1 MiB in all, which GitHub refuses, is std::length_error; std::system_error if the file
// cannot be written. Then nothing was written.
void append_outputs(const std::filesystem::path& file,
                    const Outputs& outputs,
                    const Token& token = {}); // default: random

// Appends to the page of the run, to the file that $GITHUB_STEP_SUMMARY names; what would make it
// larger than GitHub takes (1 MiB a step) is left out. Throws std::system_error.
void append_summary(const std::filesystem::path& file, std::string_view markdown);

// Foreign text as Markdown that shows it letter by letter and does nothing else. One line.
[[nodiscard]] std::string markdown_text(std::string_view text);
[[nodiscard]] std::string markdown_heading(std::string_view text);
// The first row is the heading; rows are filled up to its length.
[[nodiscard]] std::string markdown_table(const std::vector<std::vector<std::string>>& rows);
// Several lines, as they are.
[[nodiscard]] std::string markdown_code(std::string_view text);

} // namespace loomrel::cli::github
