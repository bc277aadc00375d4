#include "lib/store/sql_changes.hpp"

#include "lib/store/sql_releases.hpp"
#include "lib/store/sql_runs.hpp"
#include "lib/store/sql_text.hpp"

namespace loomrel::store {

namespace {

using release::Status;
using What = Changed::What;

struct Present {
    std::string status;
    std::string commit;
};

// The row stays ours until the end of the transaction. That makes a lost COMMIT answerable: whoever
// still holds it ends first, and what is read after this line is what it left.
std::optional<Present> hold_release(Session& session, std::int64_t id) {
    Query query;
    query.text = "SELECT status, commit_sha FROM releases WHERE id = CAST(" + query.bind(id)
                 + " AS BIGINT)" + session.dialect().for_update;
    const Result found = session.run(query);
    if (found.rows.empty()) {
        return std::nullopt;
    }
    return Present{found.rows[0][0].value_or(""), found.rows[0][1].value_or("")};
}

bool was_done_before(Session& session, const Change& change) {
    Query query;
    query.text = "SELECT 1 FROM release_events WHERE change_id = " + query.bind(change.id);
    query.text += " AND release_id = " + query.bind(change.release_id);
    return !session.run(query).rows.empty();
}

// A change without a move leaves no event; its run is its mark.
bool has_opened_its_run(Session& session, const Change& change) {
    if (!change.steps.empty() || !change.open_run) {
        return false;
    }
    const auto run = find_run(session, change.open_run->id);
    return run && run->release_id == change.open_run->release_id;
}

// Behind the last step that is the present status.
std::size_t first_step_to_do(const Change& change, const std::string& status) {
    for (std::size_t i = change.steps.size(); i > 0; --i) {
        if (release::to_string(change.steps[i - 1].to) == status) {
            return i;
        }
    }
    return 0;
}

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

bool move(Session& session, std::int64_t id, Status to) {
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

void patch(Session& session, const Change& change) {
    Query query;
    std::string columns;
    const auto set = [&](const char* column, const std::optional<std::string>& value) {
        if (value) {
            columns += (columns.empty() ? "" : ", ") + std::string(column) + " = "
                       + query.bind(storable(*value));
        }
    };
    set("commit_sha", change.commit);
    set("github_run_id", change.run_id);
    set("github_action_link", change.link);
    set("rollback_to_tag", change.rollback_to_tag);
    if (columns.empty()) {
        return;
    }
    query.text = "UPDATE releases SET " + columns;
    query.text += " WHERE id = CAST(" + query.bind(change.release_id) + " AS BIGINT)";
    session.run(query);
}

void record_step(Session& session, const Change& change, std::size_t step, std::string from) {
    NewEvent event;
    event.release_id = change.release_id;
    event.from = std::move(from);
    event.to = release::to_string(change.steps[step].to);
    event.actor = change.actor;
    event.source = change.source;
    event.detail = change.steps[step].detail;
    event.change_id = change.id;
    event.step = step;
    add_event(session, event);
}

} // namespace

Changed apply_change(Session& session, const Change& change) {
    const auto present = hold_release(session, change.release_id);
    if (!present) {
        return {What::absent, "", ""};
    }
    if (was_done_before(session, change) || has_opened_its_run(session, change)) {
        return {What::done, present->status, ""};
    }
    if (change.commit && !present->commit.empty() && present->commit != *change.commit) {
        throw Refusal{{What::refused, present->status, "commit"}};
    }
    std::string status = present->status;
    const std::size_t first = first_step_to_do(change, status);
    const bool already = !change.steps.empty() && first == change.steps.size();
    for (std::size_t i = first; i < change.steps.size(); ++i) {
        if (!move(session, change.release_id, change.steps[i].to)) {
            throw Refusal{{What::refused, present->status, "status"}};
        }
        record_step(session, change, i, status);
        status = release::to_string(change.steps[i].to);
    }
    patch(session, change);
    // Who finds the status there already has lost the claim: the run is another's.
    if (change.open_run && !already && !insert_run(session, *change.open_run)) {
        throw Refusal{{What::refused, present->status, "run"}};
    }
    if (change.end_run) {
        end_run(session, *change.end_run);
    }
    return {already ? What::already : What::done, status, ""};
}

} // namespace loomrel::store
