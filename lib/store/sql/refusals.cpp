#include "lib/store/sql/refusals.hpp"

#include "lib/base/json_text.hpp"
#include "lib/store/sql/outbox.hpp"
#include "lib/store/sql/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace loomrel::store {

namespace {

using nlohmann::json;

constexpr std::chrono::hours k_once_in{1};
// So many notes of one release are looked through: of more, one refusal may be told twice.
constexpr int k_most_notes = 200;

std::string within(const Dialect& dialect, const char* column) {
    return ms_since(dialect, column) + " < "
           + std::to_string(std::chrono::duration_cast<Milliseconds>(k_once_in).count());
}

bool was_noted(Session& session, std::int64_t release_id, const json& conflict) {
    Query query;
    query.text = "SELECT detail FROM release_events WHERE release_id = " + query.bind(release_id);
    query.text += " AND from_status = to_status AND " + within(session.dialect(), "at")
                  + " ORDER BY id DESC LIMIT " + std::to_string(k_most_notes);
    const Result found = session.run(query);
    return std::any_of(found.rows.begin(), found.rows.end(), [&](const Row& row) {
        const json detail = json::parse(row[0].value_or(""), nullptr, false);
        return detail.is_object() && detail.value("refused", json()) == "claim"
               && detail.value("conflict", json()) == conflict;
    });
}

// The notices of a barred key, named by the hour; two hours meet in the last sixty minutes.
std::string key_of_hour(const Claim& claim, std::int64_t hour) {
    return "claim_refused:key:" + claim.actor + ':' + std::to_string(hour);
}

std::int64_t this_hour() {
    return std::chrono::duration_cast<std::chrono::hours>(now().time_since_epoch()).count();
}

bool was_told_of_key(Session& session, const Claim& claim) {
    const std::int64_t hour = this_hour();
    Query query;
    query.text = "SELECT 1 FROM outbox WHERE key IN (";
    query.text += bind_all(query, {key_of_hour(claim, hour), key_of_hour(claim, hour - 1)});
    query.text += ") AND " + within(session.dialect(), "created_at");
    return !session.run(query).rows.empty();
}

} // namespace

void note_refused_claim(Session& session,
                        const Claim& claim,
                        const Present& present,
                        const json& detail) {
    if (claim.barred ? was_told_of_key(session, claim)
                     : was_noted(session, present.id, detail.at("conflict"))) {
        return;
    }
    add_note(session, event_of(claim, present), detail);
    if (claim.tells_people) {
        return;
    }
    json fact = detail;
    fact["actor"] = storable(claim.actor);
    fact["said_by"] = storable(claim.said.by);
    NewNotice notice;
    notice.key = claim.barred ? key_of_hour(claim, this_hour()) : "claim_refused:" + claim.id;
    notice.kind = "claim_refused";
    notice.release_id = present.id;
    notice.fact = json_text(fact);
    add_notice(session, notice);
}

} // namespace loomrel::store
