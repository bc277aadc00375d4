#pragma once

#include "lib/base/language.hpp"

#include <string>

namespace loomrel::cli {

// What doctor looked at, in people's words: "loom-content disk" is "loom-content room on the disk".
// What has no words stands as it is: a file's name, the ledger's address, a host.
[[nodiscard]] std::string check_in_words(Language language, const std::string& check);

} // namespace loomrel::cli
