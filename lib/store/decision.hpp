#pragma once

#include "lib/base/clock.hpp"
#include "lib/release/approval.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// What people say of a release, and what the ledger answers to it.
namespace loomrel::store {

// One person's word on a release (design 5). The newest word of a person is the one that counts.
enum class Verdict { approved, rejected };
[[nodiscard]] std::string_view to_string(Verdict verdict);

struct Approval {
    std::int64_t approver_id = 0; // Telegram's user id
    std::string approver_name;
    std::string commit;
    Verdict verdict = Verdict::approved;
    Time at; // the database's clock
};

// What whoever decides could see of the host that was tested (design 13.4).
enum class Seen {
    unasked, // nobody here has the credentials: by CI's word
    seen,    // it serves this release
    silent,  // it did not answer, and the decision stands all the same
};
[[nodiscard]] std::string_view to_string(Seen seen);

// A person decides. Whether this person may, whether the release still can be decided on and
// whether it is enough is found out in one transaction, by the rules that the ledger holds.
struct Decision {
    std::string id; // a UUID made by the caller; the same decision sent twice is done once
    std::int64_t release_id = 0;
    std::string commit;        // what was tested; must be the release's
    std::int64_t question = 0; // of an approval: release::times_asked of what was shown
    std::int64_t approver_id = 0;
    std::string approver_name;
    std::string typed_by; // who typed it for the approver, for its event; "" = the approver
    Verdict verdict = Verdict::approved;
    std::string reason; // of a rejection, for its event
    Seen stage = Seen::unasked;
    std::string source; // of the event: cli, bot
    // Counts where no `serve` ever wrote the ledger's rules; never leaves this process.
    release::ApprovalRules rules;
};

struct Decided {
    enum class What {
        counted,  // written; more are needed
        approved, // this one reached the quorum: manual_test_passed
        rejected, // manual_test_failed
        already,  // this person had said so before; nothing was changed
        refused,  // see `conflict`
        absent,
    } what = What::counted;
    std::string status; // the present one (of What::absent: empty)
    // Of What::refused, which rule: "approver" (not one of them), "own" (a release of theirs),
    // "sender" (nothing says who sent it), "council" (nobody may, or too few), "status", "commit",
    // "no_commit", "outrun", "question" (not the last), or, as far as the ledger knows: "stage"
    // serves another, or "tag" of another commit.
    std::string conflict;
    int needed = 1;           // how many approvals it takes
    std::string outrun_by;    // of "outrun": the tag, or the number of its release
    std::string stage_serves; // of "stage": the tag, commit or image; of "tag": its commit or ""
    std::string stage_run;    // of "stage": the run that is about to change what serves there
    std::vector<Approval> approvals; // of the present commit, oldest first
    bool server_is_up = false;       // a `serve` delivers this ledger's outbox, dispatches included
};

[[nodiscard]] std::string_view to_string(Decided::What what);

} // namespace loomrel::store
