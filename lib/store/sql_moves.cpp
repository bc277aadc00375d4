#include "lib/store/sql_moves.hpp"

#include "lib/store/sql_outbox.hpp"
#include "lib/store/sql_text.hpp"

namespace loomrel::store {

namespace {

using release::Status;

// What a move does to the spec's time columns (design 5).
std::string times_of(Status to, const Dialect& dialect) {
    const std::string now = dialect.now_plain;
    switch (to) {
    case Status::building:
        // Nothing leads back to `initiated`, so from there it is the first build; the spec's own
        // table had filled the column when the row was made.
        return ", completed_at = NULL, started_at = CASE WHEN status = 'initiated' THEN " + now
               + " ELSE COALESCE(started_at, " + now + ") END";
    case Status::deploying:
        return ", completed_at = NULL";
    case Status::staging_failed:
    case Status::manual_test_failed:
    case Status::deployed:
    case Status::production_failed:
        return ", completed_at = COALESCE(completed_at, " + now + ")";
    case Status::initiated:
    case Status::stage_deploy:
    case Status::manual_testing:
    case Status::manual_test_passed:
    case Status::rollback:
    case Status::rollback_done:
    case Status::rollback_failed:
        return "";
    }
    return "";
}

bool update_status(Session& session, std::int64_t id, Status to) {
    std::vector<std::string> sources;
    for (const Status source : release::sources_of(to)) {
        sources.emplace_back(release::to_string(source));
    }
    if (sources.empty()) {
        return false;
    }
    Query query;
    query.text = "UPDATE releases SET status = " + query.bind(std::string(release::to_string(to)))
                 + times_of(to, session.dialect());
    query.text += " WHERE id = CAST(" + query.bind(id) + " AS BIGINT)";
    query.text += " AND status IN (" + bind_all(query, sources) + ")";
    return session.run(query).affected == 1;
}

// Everybody is asked anew, so nobody has said anything yet; what was said is in the history.
void forget_approvals(Session& session, std::int64_t release_id) {
    Query query;
    query.text = "DELETE FROM release_approvals WHERE release_id = " + query.bind(release_id);
    session.run_later(query);
}

} // namespace

std::optional<Present> hold_release(Session& session, std::int64_t id) {
    Query query;
    query.text = "SELECT service_name, release_tag, status, commit_sha FROM releases"
                 " WHERE id = CAST("
                 + query.bind(id) + " AS BIGINT)" + session.dialect().for_update;
    const Result found = session.run(query);
    if (found.rows.empty()) {
        return std::nullopt;
    }
    const Row& row = found.rows[0];
    return Present{
        row[0].value_or(""), row[1].value_or(""), row[2].value_or(""), row[3].value_or("")};
}

bool move_release(Session& session, Status to, NewEvent event) {
    if (!update_status(session, event.release_id, to)) {
        return false;
    }
    event.to = release::to_string(to);
    if (event.from == release::to_string(Status::manual_test_passed)) {
        settle_dispatches(session, event.release_id, "the release is " + event.to);
        if (to == Status::manual_testing) {
            forget_approvals(session, event.release_id);
        }
    }
    const std::int64_t event_id = add_event(session, event);
    if (release::is_told(to)) {
        add_event_notice(session, "event", event.release_id, event_id);
    }
    if (to == Status::manual_test_passed) {
        add_event_notice(session, "dispatch", event.release_id, event_id);
    }
    return true;
}

} // namespace loomrel::store
