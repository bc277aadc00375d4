#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace loomrel {

// nullopt = no such file. Throws std::system_error if it cannot be read or is larger than `limit`.
[[nodiscard]] std::optional<std::string> read_file(const std::filesystem::path& path,
                                                   std::size_t limit = 1 << 20);

// The same of a regular file, and of nothing else: std::system_error, at once, where a link leads
// to a terminal or a pipe. For what whoever pushes a branch may have put there.
[[nodiscard]] std::optional<std::string> read_regular_file(const std::filesystem::path& path,
                                                           std::size_t limit = 1 << 20);

// Whole or not at all: written beside, synced, renamed into place, the folder synced. Throws
// std::system_error; then what was there before still is.
void write_file_atomically(const std::filesystem::path& path, std::string_view text, int mode);

// True if group or others may read it.
[[nodiscard]] bool is_readable_by_others(const std::filesystem::path& path);

// Who besides us could have written what stands there.
struct FileOwner {
    bool mine_or_roots = true;
    bool writable_by_others = false; // by all, or by a group other than my own or root's
};

// Of the file that a link leads to; of none, nobody.
[[nodiscard]] FileOwner owner_of(const std::filesystem::path& path);

} // namespace loomrel
