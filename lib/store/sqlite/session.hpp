#pragma once

#include "lib/store/sql/session.hpp"

#include <filesystem>
#include <memory>

namespace loomrel::store {

// Opens the file, or for writing makes it (mode 0600, its folders 0700). `verify`: look it through
// first, because the last session ended in a disk error.
[[nodiscard]] std::unique_ptr<Session>
open_sqlite(const std::filesystem::path& path, Access access, Deadline deadline, bool verify);

} // namespace loomrel::store
