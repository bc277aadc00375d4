#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace loomrel::config {

// The root of the git work tree in which a file stands, by its own name or by any link on the way
// to it: who can push there chooses what is read. nullopt: it stands in none. Administrators keep
// the whole of /etc in git (etckeeper): for a file of ours there that is root's, and no checkout.
[[nodiscard]] std::optional<std::filesystem::path> checkout_of(const std::filesystem::path& file);

// The name under which git tracks the file in such a checkout: its own, or one that its links lead
// to. Read from the index: nothing of the tree's own configuration is obeyed, and no git is needed.
// An index that cannot be read tracks everything.
[[nodiscard]] std::optional<std::filesystem::path> tracked_name(const std::filesystem::path& file);

// The command that takes a file out of git's index, and has git ignore it.
[[nodiscard]] std::string untrack_command(const std::filesystem::path& file);

} // namespace loomrel::config
