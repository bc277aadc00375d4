#include "lib/store/sql_changes.hpp"

#include "lib/store/sql_moves.hpp"
#include "lib/store/sql_runs.hpp"
#include "lib/store/sql_text.hpp"

namespace loomrel::store {

namespace {

using What = Changed::What;

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

// Of a run that tells something: was its end told before?
bool is_of_an_ended_run(Session& session, const Change& change) {
    const std::string id = change.end_run ? change.end_run->run_id : change.during_run.value_or("");
    const auto run = id.empty() ? std::nullopt : find_run(session, id);
    return run && run->ended_at && run->outcome != RunOutcome::unknown;
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
    session.run_later(query);
}

// Since the last approval reached its quorum; nullopt = none ever did.
std::optional<Milliseconds> approved_ago(Session& session, std::int64_t release_id) {
    Query query;
    query.text = "SELECT " + ms_since(session.dialect(), "at")
                 + " FROM release_events WHERE release_id = " + query.bind(release_id)
                 + " AND to_status = 'manual_test_passed' AND from_status <> to_status"
                   " ORDER BY id DESC LIMIT 1";
    const Result found = session.run(query);
    return found.rows.empty() ? std::nullopt
                              : std::optional(Milliseconds(integer_of(found.rows[0][0])));
}

bool is_expired(Session& session, const Change& change) {
    if (!change.approved_within) {
        return false;
    }
    const auto ago = approved_ago(session, change.release_id);
    return !ago || *ago > *change.approved_within;
}

bool do_step(Session& session, const Change& change, std::size_t step, const std::string& from) {
    NewEvent event;
    event.release_id = change.release_id;
    event.from = from;
    event.actor = change.actor;
    event.source = change.source;
    event.detail = change.steps[step].detail;
    event.change_id = change.id;
    event.step = step;
    return move_release(session, change.steps[step].to, event);
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
    if (is_of_an_ended_run(session, change)) {
        return {What::already, present->status, ""};
    }
    // What was approved is pinned by then, or never will be.
    const auto state = release::parse_status(present->status);
    const bool pinned = !present->commit.empty() || state == release::Status::manual_test_passed
                        || state == release::Status::deploying
                        || state == release::Status::production_failed;
    if (change.commit && pinned && present->commit != *change.commit) {
        throw Refusal{{What::refused, present->status, "commit"}};
    }
    std::string status = present->status;
    const std::size_t first = first_step_to_do(change, status);
    const bool already = !change.steps.empty() && first == change.steps.size();
    for (std::size_t i = first; i < change.steps.size(); ++i) {
        if (!do_step(session, change, i, status)) {
            throw Refusal{{What::refused, present->status, "status"}};
        }
        // Asked last: a release that may not be claimed at all is told that first.
        if (change.steps[i].to == release::Status::deploying && is_expired(session, change)) {
            throw Refusal{{What::refused, present->status, "expired"}};
        }
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
