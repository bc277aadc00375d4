#include "lib/bot/dialog.hpp"
#include "lib/bot/settings.hpp"

#include <nlohmann/json.hpp>

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
    decision.rules = m_config.approval_rules();
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
                       && is_of_council(m_config, release, one.approver_id);
            });
        const auto missing = std::max<std::int64_t>(decided.needed - have, 0);
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
        } else if (decided.conflict == "outrun") {
            reply =
                toast(say(language, Id::bot_outrun, tag, fmt::arg("by", decided.outrun_by)), true);
        } else if (decided.conflict == "no_commit") {
            reply = toast(say(language, Id::bot_no_commit, tag), true);
        } else if (decided.conflict == "status") {
            reply = toast(say(language, Id::bot_moved_on, fmt::arg("status", status)), true);
        } else {
            // The ledger's rules are newer than what this server was started with.
            reply = toast(say(language, Id::bot_not_approver, fmt::arg("id", who.id)), true);
        }
        break;
    }
    reply.edit = present(callback.origin, release.id);
    return reply;
}

// A row that was parked failed for good; without any, an older loomrel approved the release.
bool may_dispatch_again(const std::optional<store::Notice>& newest) {
    return !newest || newest->state == store::Notice::State::parked;
}

bool has_begun(const std::optional<store::Notice>& newest) {
    return newest && newest->state == store::Notice::State::sent;
}

Reply Dialog::dispatch(const telegram::Press& press, const Callback& callback) {
    const auto release = m_ledger.find_release(callback.release_id);
    if (!release) {
        return no(press.from, say(m_config.language, Id::bot_no_release), "no_release", 0, "");
    }
    if (release->state() != Status::manual_test_passed) {
        return moved_on(press, callback, *release);
    }
    const auto newest = m_ledger.newest_dispatch(release->id);
    if (has_begun(newest)) {
        // GitHub does not always say where the run is.
        const std::string link = safe_link(newest->error).empty() ? "" : ": " + newest->error;
        Reply reply = no(press.from,
                         say(m_config.language, Id::bot_dispatched_before, fmt::arg("link", link)),
                         "dispatched",
                         release->id,
                         "bot:" + press.id);
        reply.edit = present(callback.origin, callback.release_id);
        return reply;
    }
    if (may_dispatch_again(newest)) {
        store::NewNote note;
        note.id = "bot:" + press.id;
        note.release_id = release->id;
        note.actor = name_of(m_config, press.from.id, press.from.name);
        note.source = "bot";
        note.detail = nlohmann::json{{"dispatch", "again"}, {"telegram_id", press.from.id}}.dump();
        (void)m_ledger.note_event(note);
        store::NewNotice again;
        // Of what it follows, not of the press: of several at once one begins it.
        again.key = "dispatch:again:" + std::to_string(newest ? newest->id : -release->id);
        again.kind = "dispatch";
        again.release_id = release->id;
        m_ledger.add_notice(again);
    }
    Reply reply = toast(say(m_config.language, Id::bot_dispatched));
    reply.edit = present(callback.origin, release->id);
    return reply;
}

} // namespace loomrel::bot
