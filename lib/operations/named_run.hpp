#pragma once

#include "lib/base/error.hpp"
#include "lib/store/store.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Runs as people type them: by an id, or by the beginning of one, as `loomrel runs` shows it.
namespace loomrel::operations {

// So much of an id is shown to people.
inline constexpr std::size_t k_shown_of_run = 8;

// Long enough, and of letters that an id has.
[[nodiscard]] bool is_beginning_of_run(std::string_view typed);

// nullopt: the ledger has none. Error(usage) if it is the beginning of several.
[[nodiscard]] std::optional<store::Run> find_named_run(store::Store& ledger,
                                                       const std::string& typed);

[[nodiscard]] Error ambiguous_run(const std::string& typed, const std::vector<std::string>& ids);

} // namespace loomrel::operations
