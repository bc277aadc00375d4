#include "lib/server/checks.hpp"
#include "lib/server/handlers.hpp"
#include "lib/store/wire.hpp"

namespace loomrel::server {

using nlohmann::json;

// Whoever has the API's key is a program; only people decide.
Response decide(Call&) {
    return refusal(403,
                   "approval_required",
                   "releases are approved and rejected in Telegram, or by loomrel release "
                   "approve|reject where the ledger itself can be reached");
}

Response get_rules(Call& call) {
    const auto rules = call.store.approval_rules();
    return answer(200, store::wire::to_json(rules.value_or(call.api.settings().rules)));
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
    auto note = store::wire::read<store::NewNote>(parse_body(call.body));
    note.release_id = call.release_id();
    check(note);
    return call.store.note_event(note) ? answer(200, {{"noted", true}}) : no_release();
}

Response add_notice(Call& call) {
    const auto notice = store::wire::read<store::NewNotice>(parse_body(call.body));
    check(notice);
    call.store.add_notice(notice);
    return answer(200, {{"key", notice.key}});
}

} // namespace loomrel::server
