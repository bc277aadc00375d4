#pragma once

#include "cli/context/services.hpp"
#include "lib/store/store.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

// How people's words on a release are shown.
namespace loomrel::cli {

// The name, or the Telegram id where nobody said one.
[[nodiscard]] std::string approver_shown(const store::Approval& approval);

// [{"by","decision","at"}]
[[nodiscard]] nlohmann::ordered_json approvals_json(const std::vector<store::Approval>& approvals);

// "Аня: approved, Борис: rejected", for one cell in a pipe: the same in every language.
[[nodiscard]] std::string approvals_line(const std::vector<store::Approval>& approvals);

// "✅ Аня, ❌ Борис", for people.
[[nodiscard]] std::string approvals_shown(const std::vector<store::Approval>& approvals);

} // namespace loomrel::cli
