#include "lib/store/sql/moves.hpp"

#include "lib/base/json_text.hpp"
#include "lib/store/sql/fields.hpp"
#include "lib/store/sql/outbox.hpp"

#include <nlohmann/json.hpp>

namespace loomrel::store {

template <>
inline constexpr auto
    k_fields<Present> = std::tuple(field("id", &Present::id),
                                   field("service_name", &Present::service),
                                   field("release_tag", &Present::tag),
                                   field("status", &Present::status),
                                   field("commit_sha", &Present::commit),
                                   field("initiated_by", &Present::initiated_by),
                                   field("superseded_by", &Present::superseded_by),
                                   field("superseded_by_tag", &Present::superseded_by_tag),
                                   field("actors", &Present::actors));

namespace {

using release::Status;

// What a move does to the spec's time columns (design 5).
std::string times_of(Status to, const Dialect& dialect) {
    const std::string now = dialect.now_plain;
    switch (to) {
    case Status::building:
        // Nothing leads back to `initiated`, so from there it is the first build; the spec's own
        // table had filled the column when the row was made.
        return ", superseded_by = NULL, completed_at = NULL,"
               " started_at = CASE WHEN status = 'initiated' THEN "
               + now + " ELSE COALESCE(started_at, " + now + ") END";
    case Status::deploying:
    case Status::manual_testing:
        return ", completed_at = NULL";
    case Status::staging_failed:
    case Status::manual_test_failed:
    case Status::deployed:
    case Status::production_failed:
        return ", completed_at = COALESCE(completed_at, " + now + ")";
    case Status::initiated:
    case Status::stage_deploy:
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

} // namespace

std::string Present::outrun_by() const {
    if (!superseded_by) {
        return "";
    }
    return superseded_by_tag.empty() ? "#" + std::to_string(*superseded_by) : superseded_by_tag;
}

std::optional<Present> hold_release(Session& session, std::int64_t id) {
    Query query;
    query.text = "SELECT "
                 + columns_of<Present>({{"superseded_by_tag",
                                         "(SELECT by.release_tag FROM releases AS by"
                                         " WHERE by.id = releases.superseded_by)"}})
                 + " FROM releases WHERE id = CAST(" + query.bind(id) + " AS BIGINT)"
                 + session.dialect().for_update;
    const Result found = session.run(query);
    return found.rows.empty() ? std::nullopt : std::optional(entity_of<Present>(found.rows[0]));
}

void forget_approvals(Session& session, std::int64_t release_id) {
    Query query;
    query.text = "DELETE FROM release_approvals WHERE release_id = " + query.bind(release_id);
    session.run_later(query);
}

void add_note(Session& session, NewEvent event, const nlohmann::json& detail) {
    event.to = event.from;
    event.detail = json_text(detail);
    (void)add_event(session, event);
}

bool move_release(Session& session, Status to, NewEvent event) {
    if (!update_status(session, event.release_id, to)) {
        return false;
    }
    event.to = release::to_string(to);
    const auto from = release::parse_status(event.from);
    if (from == Status::manual_test_passed) {
        settle_dispatches(session, event.release_id, "the release is " + event.to);
    }
    // Whoever is asked anew has not said anything yet.
    const bool anew = to == Status::manual_testing
                      && (from == Status::manual_test_passed || from == Status::production_failed);
    if (from && (anew || release::is_again(*from, to))) {
        forget_approvals(session, event.release_id);
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
