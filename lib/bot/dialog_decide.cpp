#include "lib/bot/dialog.hpp"
#include "lib/bot/settings.hpp"

#include <algorithm>

// A person's word on a release, and what follows from it.
namespace loomrel::bot {

namespace {

using messages::Id;
using messages::say;
using release::Status;

} // namespace

Reply Dialog::decide(const telegram::User& who,
                     const std::string& decision_id,
                     const Callback& callback,
                     const release::Release& release,
                     const std::string& reason) {
    const Language language = m_config.language;
    const std::string commit = release.commit_sha.value_or("");
    store::Decision decision;
    decision.id = decision_id;
    decision.release_id = release.id;
    // What was shown, not what is there by now.
    decision.commit = callback.extra == short_commit(commit) ? commit : callback.extra;
    decision.approver_id = who.id;
    decision.approver_name = name_of(m_config, who.id, who.name);
    decision.verdict =
        callback.action == Action::approve ? store::Verdict::approved : store::Verdict::rejected;
    decision.reason = reason;
    decision.approvers = m_config.telegram.approvers;
    decision.quorum = needed_approvals(m_config, release);
    if (decision.verdict == store::Verdict::approved) {
        // Who may was checked; with self_approval = false the author's own word does not count.
        decision.approvers = council_of(m_config.approval_rules(), release.initiated_by).ids();
    }
    decision.source = "bot";
    const store::Decided decided = m_ledger.decide(decision);
    const auto tag = fmt::arg("tag", release.release_tag);
    const std::string status = status_label(language, decided.status);
    Reply reply;
    using What = store::Decided::What;
    switch (decided.what) {
    case What::approved:
        reply = toast(say(language, Id::bot_approved, tag));
        break;
    case What::rejected:
        reply = toast(say(language, Id::bot_rejected, tag));
        break;
    case What::counted: {
        const auto have =
            std::count_if(decided.approvals.begin(), decided.approvals.end(), [&](const auto& one) {
                return one.verdict == store::Verdict::approved
                       && is_approver(m_config, one.approver_id);
            });
        const auto missing = std::max<std::int64_t>(decision.quorum - have, 0);
        reply = toast(say(language, Id::bot_counted, fmt::arg("missing", missing)));
        break;
    }
    case What::already:
        reply = toast(say(language, Id::bot_already, fmt::arg("status", status)));
        break;
    case What::absent:
        return toast(say(language, Id::bot_no_release), true);
    case What::refused:
        if (decided.conflict == "commit" || decided.conflict == "tag") {
            reply = toast(say(language, Id::bot_commit_differs, tag), true);
        } else if (decided.conflict == "stage" && !decided.stage_run.empty()) {
            reply = toast(say(language, Id::bot_stage_changes, fmt::arg("run", decided.stage_run)),
                          true);
        } else if (decided.conflict == "stage") {
            reply = toast(say(language,
                              Id::bot_not_on_stage,
                              fmt::arg("serves", decided.stage_serves),
                              tag,
                              fmt::arg("service", release.service_name)),
                          true);
        } else {
            reply = toast(say(language, Id::bot_moved_on, fmt::arg("status", status)), true);
        }
        // Who wanted what and was told no is part of the release's history.
        (void)no(who, "", "decision:" + decided.conflict, release.id, decision_id + ":refused");
        break;
    }
    reply.edit = present(callback.origin, release.id);
    return reply;
}

Reply Dialog::dispatch(const telegram::Press& press, const Callback& callback) {
    const auto release = m_ledger.find_release(callback.release_id);
    if (!release || release->state() != Status::manual_test_passed) {
        Reply reply =
            toast(say(m_config.language,
                      Id::bot_moved_on,
                      fmt::arg("status",
                               status_label(m_config.language, release ? release->status : ""))),
                  true);
        reply.edit = present(callback.origin, callback.release_id);
        return reply;
    }
    // One that waits will be sent; a second would be a second run at GitHub.
    store::NoticeQuery under_way;
    under_way.kind = store::NoticeQuery::Kind::dispatch;
    under_way.release_id = release->id;
    under_way.limit = 1;
    if (!m_ledger.waiting_notices(under_way).empty()) {
        return toast(say(m_config.language, Id::bot_dispatched));
    }
    store::NewNotice again;
    again.key = "dispatch:press:" + press.id;
    again.kind = "dispatch";
    again.release_id = release->id;
    m_ledger.add_notice(again);
    return toast(say(m_config.language, Id::bot_dispatched));
}

} // namespace loomrel::bot
