#include "lib/server/checks.hpp"
#include "lib/server/handlers.hpp"
#include "lib/store/wire.hpp"

#include <algorithm>

namespace loomrel::server {

using nlohmann::json;

namespace {

Response forbidden(const char* why) {
    return refusal(403, "approval_required", why);
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
    if (settings.approvers) {
        const auto& known = *settings.approvers;
        if (std::find(known.begin(), known.end(), decision.approver_id) == known.end()) {
            return forbidden("this is no listed approver");
        }
        decision.approvers = known;
        decision.quorum = settings.quorum;
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
