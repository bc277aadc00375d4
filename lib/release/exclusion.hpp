#pragma once

#include "lib/base/error.hpp"
#include "lib/release/actors.hpp"
#include "lib/release/approval.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// Whose release it is: with self_approval = false those who acted on it may not approve it, as far
// as they can be told (design 13.7).
namespace loomrel::release {

// What somebody did that makes the release his.
enum class Part { sender, resender, initiator, author, committer };

struct Exclusion {
    Approver who;
    Part part = Part::sender;
    std::string by; // the login, name or e-mail that tells
    bool by_email = false;
    // Of a sender: how he sent it.
    std::string event;
    std::string word;
};

// Of every [[people]] entry that has a Telegram id, for each part of his; nobody where one's own
// release may be approved.
[[nodiscard]] std::vector<Exclusion> exclusions_of(const ApprovalRules& rules,
                                                   const Origin& origin);
[[nodiscard]] std::optional<Exclusion>
exclusion_of(const ApprovalRules& rules, const Origin& origin, std::int64_t id);

// "author of the commit (a@b of [[people]])". One line; what came from outside is made harmless.
[[nodiscard]] Phrase why_excluded(const Exclusion& exclusion);

// Does [[people]] say whose e-mail it is?
[[nodiscard]] bool is_known_email(const ApprovalRules& rules, const std::string& email);

// Who sent it is written down, and [[people]] does not say who that is: then nobody can say that he
// does not approve his own.
[[nodiscard]] bool is_sender_unknown(const ApprovalRules& rules, const Origin& origin);

// Error(refused) then, with the lines to write.
void check_sender(const ApprovalRules& rules, const Origin& origin);

// Error(refused) if it is his own and self_approval = false.
void check_not_own(const ApprovalRules& rules, const Approver& approver, const Origin& origin);

} // namespace loomrel::release
