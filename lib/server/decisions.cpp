#include "lib/server/checks.hpp"
#include "lib/server/handlers.hpp"
#include "lib/store/wire.hpp"

#include <optional>

namespace loomrel::server {

using nlohmann::json;

namespace {

Response forbidden(const char* why) {
    return refusal(403, "approval_required", why);
}

// The same rules that hold for the bot and for `release approve|reject`, whatever the caller says.
std::optional<Response> hold_to(const release::ApprovalRules& rules,
                                const std::string& initiated_by,
                                store::Decision& decision) {
    if (!release::is_approver(rules, decision.approver_id)) {
        return refusal(403, "not_an_approver", "this is no listed approver");
    }
    const release::Approver approver = release::approver_of(rules, decision.approver_id);
    try {
        if (decision.verdict == store::Verdict::approved) {
            release::check_not_own(rules, approver, initiated_by);
            const release::Council council = release::council_of(rules, initiated_by);
            decision.approvers = council.ids();
            decision.quorum = council.needed;
        } else {
            decision.approvers = rules.approvers; // rejecting takes one of them
        }
    } catch (const Error& error) {
        return refusal(403, error.code(), error.message().en);
    }
    return std::nullopt;
}

} // namespace

Response decide(Call& call) {
    const ApiSettings& settings = call.api.settings();
    if (!settings.api_approvals) {
        return forbidden("approvals come from Telegram, or loomrel release approve|reject; the API "
                         "takes them only where [server] api_approvals is set");
    }
    store::Decision decision = store::wire::decision_from(parse_body(call.body));
    decision.release_id = call.release_id();
    check(decision);
    if (settings.approval) {
        const auto release = call.store.find_release(decision.release_id);
        if (!release) {
            return no_release();
        }
        if (const auto refused = hold_to(*settings.approval, release->initiated_by, decision)) {
            return *refused;
        }
    }
    const store::Decided decided = call.store.decide(decision);
    if (decided.what == store::Decided::What::absent) {
        return no_release();
    }
    json object = store::wire::to_json(decided);
    if (decided.what == store::Decided::What::refused) {
        return refusal(409,
                       "decision_not_allowed",
                       "the release is \"" + decided.status + "\"; its " + decided.conflict
                           + " does not allow this",
                       {{"status", decided.status},
                        {"conflict", decided.conflict},
                        {"decided", std::move(object)}});
    }
    return answer(200, object);
}

Response list_approvals(Call& call) {
    const std::int64_t id = call.release_id();
    json rows = json::array();
    for (const store::Approval& approval : call.store.approvals(id)) {
        rows.push_back(store::wire::to_json(approval));
    }
    if (rows.empty() && !call.store.find_release(id)) {
        return no_release();
    }
    return answer(200, {{"approvals", std::move(rows)}});
}

Response note_event(Call& call) {
    store::NewNote note = store::wire::note_from(parse_body(call.body));
    note.release_id = call.release_id();
    check(note);
    return call.store.note_event(note) ? answer(200, {{"noted", true}}) : no_release();
}

Response add_notice(Call& call) {
    const store::NewNotice notice = store::wire::notice_from(parse_body(call.body));
    check(notice);
    call.store.add_notice(notice);
    return answer(200, {{"key", notice.key}});
}

} // namespace loomrel::server
