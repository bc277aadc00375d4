#include "lib/server/checks.hpp"
#include "lib/server/handlers.hpp"
#include "lib/store/wire/wire.hpp"

namespace loomrel::server {

using nlohmann::json;

Response decide(Call& call) {
    auto decision = store::wire::read<store::Decision>(parse_body(call.body));
    decision.release_id = call.release_id();
    check(decision);
    const store::Decided decided = call.ledger.decide(decision);
    using What = store::Decided::What;
    if (decided.what == What::absent) {
        return no_release();
    }
    if (decided.what != What::refused) {
        return answer(200, store::wire::to_json(decided));
    }
    return refusal(409,
                   "decision_refused",
                   "the release is \"" + decided.status + "\"; its " + decided.conflict
                       + " does not let this decision stand",
                   {{"status", decided.status},
                    {"conflict", decided.conflict},
                    {"decided", store::wire::to_json(decided)}});
}

Response get_rules(Call& call) {
    return answer(200, store::wire::to_json(call.ledger.approval_rules()));
}

Response list_approvals(Call& call) {
    const std::int64_t id = call.release_id();
    json rows = json::array();
    for (const store::Approval& approval : call.ledger.approvals(id)) {
        rows.push_back(store::wire::to_json(approval));
    }
    if (rows.empty() && !call.ledger.find_release(id)) {
        return no_release();
    }
    return answer(200, {{"approvals", std::move(rows)}});
}

Response note_event(Call& call) {
    auto note = store::wire::read<store::NewNote>(parse_body(call.body));
    note.release_id = call.release_id();
    check(note);
    return call.ledger.note_event(note) ? answer(200, {{"noted", true}}) : no_release();
}

Response add_notice(Call& call) {
    const auto notice = store::wire::read<store::NewNotice>(parse_body(call.body));
    check(notice);
    return answer(200, {{"key", call.ledger.add_notice(notice)}});
}

} // namespace loomrel::server
