#pragma once

#include <filesystem>
#include <optional>

namespace loomrel::config {

// The root of the git work tree in which a file stands, by its own name or by any link on the way
// to it: who can push there chooses what is read. nullopt: it stands in none.
[[nodiscard]] std::optional<std::filesystem::path> work_tree_of(const std::filesystem::path& file);

// Whether git tracks the file of that work tree. Read from the index: nothing of the tree's own
// configuration is obeyed, and no git is needed. An index that cannot be read tracks everything.
[[nodiscard]] bool is_tracked(const std::filesystem::path& work_tree,
                              const std::filesystem::path& file);

} // namespace loomrel::config
