#pragma once

#include "cli/context/services.hpp"
#include "lib/release/approval.hpp"
#include "lib/store/store.hpp"

#include <string>
#include <vector>

// A person's word on a release, for people: what came of it, what is next, why not.
namespace loomrel::cli {

// What is decided on, by whom, and who else may.
struct DecisionCase {
    release::Release row;
    release::Approver approver;
    release::Council council;
    release::ApprovalRules rules; // of an approval: those that it is held to
    store::Verdict verdict = store::Verdict::approved;
    std::int64_t question = 0;         // store::Decision::question
    std::vector<std::string> settings; // of production, that differ: what this question shows
    std::string service;               // as they may be shown
    std::string tag;

    [[nodiscard]] bool approves() const { return verdict == store::Verdict::approved; }

    [[nodiscard]] std::string commit() const { return row.commit_sha.value_or(""); }
};

// Of What::refused.
[[noreturn]] void refuse_decided(const DecisionCase& decided, const store::Decided& answer);

// Stage was looked at, and one of its hosts serves something else ("" = nobody knows what).
[[noreturn]] void refuse_seen_other(const DecisionCase& decided, const std::string& serves);

// What an approval is of: its commit, and the settings of production that differ. A line each.
[[nodiscard]] std::string shown_to_approver(Services& services, const DecisionCase& decided);

void tell_decided(Services& services, const DecisionCase& decided, const store::Decided& answer);

// The status that this word would lead to, after what was said so far.
[[nodiscard]] release::Status status_after(const DecisionCase& decided,
                                           const std::vector<store::Approval>& approvals);

// What would come of it, after what was said so far.
void tell_decision_plan(Services& services,
                        const DecisionCase& decided,
                        const std::vector<store::Approval>& approvals);

} // namespace loomrel::cli
