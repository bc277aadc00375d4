#include "lib/base/shell_quote.hpp"
#include "lib/base/text.hpp"
#include "lib/bot/dialog.hpp"
#include "lib/bot/dispatcher.hpp"
#include "lib/bot/notice_text.hpp"
#include "lib/bot/settings.hpp"
#include "lib/release/exclusion.hpp"
#include "lib/release/names.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

// A person's word on a release, and what follows from it.
namespace loomrel::bot {

namespace {

using messages::Id;
using messages::say;
using release::Status;

std::string commit_in(const Callback& callback) {
    return callback.extra.substr(
        0, callback.extra.find_first_of(std::string{k_question, k_silence_shown}));
}

// 0, which is no question, where the button names none: it was made before buttons named one.
std::int64_t question_in(const Callback& callback) {
    const std::size_t sign = callback.extra.find(k_question);
    const std::string_view rest =
        std::string_view(callback.extra)
            .substr(sign == std::string::npos ? callback.extra.size() : sign + 1);
    return parse_integer(rest.substr(0, rest.find(k_silence_shown))).value_or(0);
}

// A commit as it is shown, anything else as it is.
std::string served_as(Language language, const std::string& serves) {
    if (serves.empty()) {
        return say(language, Id::approval_stage_nothing);
    }
    return release::is_commit(serves) ? short_commit(serves) : serves;
}

// To be typed. `again`: also where the ledger thinks that it is on stage.
std::string stage_command(const release::Release& release, bool again) {
    return std::string("loomrel stage-deploy ") + (again ? "--again " : "") + "--service "
           + typed_word(release.service_name) + " --tag " + typed_word(release.release_tag);
}

bool is_silence_shown(const Callback& callback) {
    return callback.extra.ends_with(k_silence_shown);
}

} // namespace

Reply Dialog::ask_decision(const telegram::Press& press,
                           const Callback& callback,
                           const release::Release& release) {
    const bool approving = callback.action == Action::ask_approve;
    const auto state = release.state();
    if (state != Status::manual_testing && (approving || state != Status::manual_test_passed)) {
        return moved_on(press, callback, release);
    }
    const Known facts = known(release);
    if (approving && !can_be_approved(release)) {
        // A button of before: that release cannot be approved now, however it is pressed.
        store::Decided decided;
        decided.conflict = release.is_outrun() ? "outrun" : "no_commit";
        decided.outrun_by = facts.outrun_by;
        Reply reply = no(press.from,
                         refusal_text(press.from, release, decided),
                         "decision",
                         release.id,
                         "bot:" + press.id,
                         decided.conflict);
        reply.edit = present(callback.origin, release.id);
        return reply;
    }
    Reply reply;
    reply.edit = approving ? approve_question(context(), callback.origin, release, facts)
                           : reject_question(context(), callback.origin, release);
    return reply;
}

// Who has stage's credentials does not take anybody's word for what serves there.
Reply Dialog::approve(const telegram::Press& press,
                      const Callback& callback,
                      const release::Release& release) {
    const bool looks = m_operations != nullptr && can_be_approved(release)
                       && commit_in(callback) == short_commit(*release.commit_sha)
                       && m_operations->can_look_at_stage(release.service_name);
    if (!looks) {
        return decide(press.from, "bot:" + press.id, callback, release, "");
    }
    Reply reply;
    reply.later = [&config = m_config, clock = m_clock, press, callback, release](
                      store::ServerLedger& ledger, Operations& operations) {
        const StageSight sight = operations.look_at_stage(release);
        Dialog dialog(ledger, config, &operations, clock, [] { return ""; });
        return dialog.approve_seen(press, callback, sight);
    };
    return reply;
}

Reply Dialog::approve_seen(const telegram::Press& press,
                           const Callback& callback,
                           const StageSight& sight) {
    const Language language = m_config.language;
    const auto release = m_ledger.find_release(callback.release_id);
    if (!release) {
        return toast(say(language, Id::bot_no_release), true);
    }
    const std::string id = "bot:" + press.id;
    switch (sight.what) {
    case StageSight::What::same:
        return decide(press.from, id, callback, *release, "", store::Seen::seen);
    case StageSight::What::silent: {
        if (is_silence_shown(callback) || !can_be_approved(*release)) {
            return decide(press.from, id, callback, *release, "", store::Seen::silent);
        }
        Reply reply = toast(say(language, Id::bot_stage_silent), true);
        const std::string reason = sight.reason.empty() ? "-" : sight.reason;
        reply.edit =
            approve_question(context(), callback.origin, *release, known(*release), reason);
        return reply;
    }
    case StageSight::What::other:
        break;
    }
    const std::string text = say(language,
                                 Id::bot_stage_other,
                                 fmt::arg("serves", served_as(language, sight.serves)),
                                 fmt::arg("tag", release->release_tag),
                                 fmt::arg("command", stage_command(*release, true)));
    Reply reply = no(press.from, text, "decision", release->id, id, "stage");
    reply.edit = present(callback.origin, release->id);
    return reply;
}

std::string Dialog::refusal_text(const telegram::User& who,
                                 const release::Release& release,
                                 const store::Decided& decided) const {
    const Language language = m_config.language;
    const auto tag = fmt::arg("tag", release.release_tag);
    if (decided.conflict == "tag" && decided.stage_serves.empty()) {
        return say(language,
                   Id::bot_stage_commit_unknown,
                   tag,
                   fmt::arg("command", stage_command(release, true)));
    }
    if (decided.conflict == "commit" || decided.conflict == "tag") {
        return say(language, Id::bot_commit_differs, tag);
    }
    if (decided.conflict == "stage" && !decided.stage_run.empty()) {
        return say(language, Id::bot_stage_changes, fmt::arg("run", decided.stage_run));
    }
    if (decided.conflict == "stage") {
        return say(language,
                   Id::bot_not_on_stage,
                   fmt::arg("serves", served_as(language, decided.stage_serves)),
                   tag,
                   fmt::arg("command", stage_command(release, false)));
    }
    if (decided.conflict == "outrun") {
        return decided.outrun_by.starts_with('#')
                   ? say(language, Id::shown_same, fmt::arg("id", decided.outrun_by.substr(1)))
                   : say(language,
                         Id::bot_outrun,
                         tag,
                         fmt::arg("by", decided.outrun_by),
                         fmt::arg("command", stage_command(release, true)));
    }
    if (decided.conflict == "question") {
        return say(language, Id::bot_asked_anew, tag);
    }
    if (decided.conflict == "no_commit") {
        return say(
            language, Id::bot_no_commit, tag, fmt::arg("command", stage_command(release, true)));
    }
    if (decided.conflict == "own") {
        const auto own = release::exclusion_of(m_config.approval_rules(), release.origin(), who.id);
        return say(language, Id::bot_own_release, tag)
               + (own ? " (" + in(language, why_excluded(*own)) + ")" : "");
    }
    if (decided.conflict == "sender") {
        return say(language, Id::event_why_sender);
    }
    if (decided.conflict == "council") {
        return say(language, Id::bot_few_approvers, tag);
    }
    if (decided.conflict == "status") {
        return say(
            language, Id::bot_moved_on, fmt::arg("status", status_label(language, decided.status)));
    }
    // The ledger's rules are newer than what this server was started with.
    return say(language, Id::bot_not_approver, fmt::arg("id", who.id));
}

Reply Dialog::decide(const telegram::User& who,
                     const std::string& decision_id,
                     const Callback& callback,
                     const release::Release& release,
                     const std::string& reason,
                     store::Seen stage) {
    const Language language = m_config.language;
    const std::string commit = release.commit_sha.value_or("");
    const std::string asked = commit_in(callback);
    store::Decision decision;
    decision.id = decision_id;
    decision.release_id = release.id;
    // What was shown, not what is there by now.
    decision.commit = asked == short_commit(commit) ? commit : asked;
    decision.question = question_in(callback);
    decision.approver_id = who.id;
    decision.approver_name = name_of(m_config, who.id, who.name);
    decision.verdict =
        callback.action == Action::approve ? store::Verdict::approved : store::Verdict::rejected;
    decision.reason = reason;
    decision.stage = stage;
    decision.rules = m_config.approval_rules();
    decision.source = "bot";
    const store::Decided decided = m_ledger.decide(decision);
    const auto tag = fmt::arg("tag", release.release_tag);
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
        reply = toast(say(
            language, Id::bot_already, fmt::arg("status", status_label(language, decided.status))));
        break;
    case What::absent:
        return toast(say(language, Id::bot_no_release), true);
    case What::refused:
        reply = toast(refusal_text(who, release, decided), true);
        if (decided.conflict == "question") {
            reply.edit = approve_question(context(), callback.origin, release, known(release));
            return reply;
        }
        break;
    }
    reply.edit = present(callback.origin, release.id);
    return reply;
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
        const std::string& run = newest->dispatch.run_link;
        const std::string link = safe_link(run).empty() ? "" : ": " + run;
        Reply reply = no(press.from,
                         say(m_config.language, Id::bot_dispatched_before, fmt::arg("link", link)),
                         "dispatched",
                         release->id,
                         "bot:" + press.id);
        reply.edit = present(callback.origin, callback.release_id);
        return reply;
    }
    if (newest && newest->dispatch.phase == store::DispatchState::Phase::obsolete) {
        return moved_on(press, callback, *release);
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
