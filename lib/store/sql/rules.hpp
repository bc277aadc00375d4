#pragma once

#include "lib/release/approval.hpp"
#include "lib/store/sql/session.hpp"

#include <optional>
#include <string>

// The approval rules that a ledger holds everybody to (design 13.2): the newest row of
// `approval_rules`. Each call in a transaction of the caller's.
namespace loomrel::store {

[[nodiscard]] std::optional<release::ApprovalRules> approval_rules(Session& session);

// A row for each change. False: these are the rules already.
[[nodiscard]] bool keep_approval_rules(Session& session,
                                       const release::ApprovalRules& rules,
                                       const std::string& actor);

} // namespace loomrel::store
