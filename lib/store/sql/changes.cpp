#include "lib/store/sql/changes.hpp"

#include "lib/store/entities.hpp"
#include "lib/store/sql/actors.hpp"
#include "lib/store/sql/moves.hpp"
#include "lib/store/sql/proof.hpp"
#include "lib/store/sql/runs.hpp"
#include "lib/store/sql/settings.hpp"
#include "lib/store/sql/text.hpp"

#include <nlohmann/json.hpp>

namespace loomrel::store {

namespace {

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
        if (release::to_string(release::status_of(change.steps[i - 1].to)) == status) {
            return i;
        }
    }
    return 0;
}

void patch(Session& session, const Change& change) {
    Query query;
    std::string columns;
    for (const auto& [column, member] : k_amended_columns) {
        if (const auto& value = change.*member) {
            columns += (columns.empty() ? "" : ", ") + std::string(column) + " = "
                       + query.bind(storable(*value));
        }
    }
    if (columns.empty()) {
        return;
    }
    query.text = "UPDATE releases SET " + columns;
    query.text += " WHERE id = CAST(" + query.bind(change.release_id) + " AS BIGINT)";
    session.run_later(query);
}

// Put before people, with the settings of the run that brought it to stage: the ledger says which
// of them production has not been deployed with. What no run brought has none to show.
nlohmann::json show_to_people(Session& session, const Change& change, const Present& present) {
    const std::string id = change.end_run ? change.end_run->run_id : change.during_run.value_or("");
    const auto run = id.empty() ? std::nullopt : find_run(session, id);
    if (!run || run->environment != "stage" || run->settings.empty()) {
        forget_settings(session, present.id);
        return {};
    }
    show_settings(session, present.id, run->settings);
    return differing(run->settings, production_settings(session, present.service));
}

bool do_step(Session& session,
             const Change& change,
             std::size_t step,
             const Present& present,
             bool unverified) {
    const release::Status to = release::status_of(change.steps[step].to);
    NewEvent event = event_of(change, present);
    event.detail =
        unverified ? marked_unverified(change.steps[step].detail) : change.steps[step].detail;
    event.step = step;
    // Asked anew, people are shown what they were shown before.
    if (to == release::Status::manual_testing && present.state() == release::Status::stage_deploy) {
        const nlohmann::json keys = show_to_people(session, change, present);
        auto detail = nlohmann::ordered_json::parse(event.detail, nullptr, false);
        if (!keys.empty() && detail.is_object()) {
            detail["settings"] = keys;
            event.detail = detail.dump();
        }
    }
    return move_release(session, to, event);
}

// A deploy to stage that is this release's own, and open.
bool is_put_on_stage(const Change& change, std::int64_t release_id) {
    return change.open_run && change.open_run->environment == "stage"
           && change.open_run->kind == RunKind::deploy && change.open_run->release_id == release_id;
}

// Two rows of one service, tag and commit are one release (design 13.3). The commit of this one is
// known by now, and another has it: that one is given, and the run is now a run of it.
std::optional<Present> join_first(Session& session, const Change& change, const Present& present) {
    if (!change.commit || !present.commit.empty()) {
        return std::nullopt;
    }
    const auto first =
        take_commit(session, present.service, present.tag, *change.commit, present.id);
    const auto state = present.state();
    const bool early = state == release::Status::initiated || state == release::Status::building;
    // Only a run joins: who merely writes a commit down moves no other release.
    if (!first || !early || !change.during_run) {
        return std::nullopt;
    }
    Query query;
    query.text = "UPDATE releases SET commit_sha = " + query.bind(*change.commit)
                 + ", superseded_by = CAST(" + query.bind(*first);
    query.text += " AS BIGINT) WHERE id = CAST(" + query.bind(present.id) + " AS BIGINT)";
    session.run_later(query);
    NewEvent event = event_of(change, present);
    event.step = change.steps.size();
    add_note(session,
             std::move(event),
             {{"outrun", true}, {"by", *first}, {"by_tag", present.tag}, {"same", true}});
    Query move;
    const std::string owner = "CAST(" + move.bind(*first) + " AS BIGINT)";
    move.text = "UPDATE runs SET release_id = " + owner
                + " WHERE id = " + move.bind(*change.during_run)
                + " AND NOT EXISTS (SELECT 1 FROM runs AS other WHERE other.release_id = " + owner
                + " AND other.ended_at IS NULL)";
    session.run_later(move);
    // Whoever asks by its GitHub run is given the one that goes on.
    give_keys(session, present.service, present.tag, present.id, *first);
    return hold_release(session, *first);
}

// The answer of before, with what the release has become since.
Changed as_before(Session& session, const Change& change, const Present& present) {
    const bool has_joined =
        change.commit && present.superseded_by && present.superseded_by_tag == present.tag;
    const auto first = has_joined ? hold_release(session, *present.superseded_by) : std::nullopt;
    return first ? Changed{Changed::What::done, first->status, "", {}, first->id}
                 : Changed{Changed::What::done, present.status, "", {}, {}};
}

} // namespace

Changed apply_change(Session& session, const Change& change) {
    auto present = hold_release(session, change.release_id);
    if (!present) {
        return {Changed::What::absent, "", "", {}, {}};
    }
    if (was_done_before(session, change) || has_opened_its_run(session, change)) {
        return as_before(session, change, *present);
    }
    if (is_of_an_ended_run(session, change)) {
        return {Changed::What::already, present->status, "", {}, {}};
    }
    // What was approved is pinned by then, or never will be.
    const auto state = present->state();
    const bool pinned = !present->commit.empty() || state == release::Status::manual_test_passed
                        || state == release::Status::deploying
                        || state == release::Status::production_failed;
    if (change.commit && pinned && present->commit != *change.commit) {
        throw Refusal{{Changed::What::refused, present->status, "commit", {}, {}}};
    }
    std::optional<std::int64_t> joined;
    if (auto first = join_first(session, change, *present)) {
        joined = first->id;
        present = std::move(first);
    }
    const std::string before = present->status;
    const bool unverified = change.by_script && has_no_run(session, present->service);
    bool deploys = false;
    const std::size_t first_step = first_step_to_do(change, before);
    const bool already = !change.steps.empty() && first_step == change.steps.size();
    for (std::size_t i = first_step; i < change.steps.size(); ++i) {
        const release::Status to = release::status_of(change.steps[i].to);
        const auto from = present->state();
        const bool again = from && release::is_again(*from, to);
        const bool may = !again || joined || is_put_on_stage(change, present->id);
        if (joined && (!from || !release::may_become(*from, to))) {
            break; // from production on, a deploy to stage moves no release
        }
        if (!may || !do_step(session, change, i, *present, unverified)) {
            throw Refusal{{Changed::What::refused, before, "status", {}, {}}};
        }
        deploys = deploys || to == release::Status::deployed;
        present->status = release::to_string(to);
    }
    if (!joined) {
        patch(session, change);
    }
    if (change.signatures) {
        const std::string commit =
            present->commit.empty() ? change.commit.value_or("") : present->commit;
        keep_signatures(session, present->id, commit, *change.signatures);
    }
    // Who finds the status there already has lost the claim: the run is another's.
    if (change.open_run && !already) {
        const Opened opened = insert_run(session, *change.open_run);
        if (!opened.opened) {
            throw Refusal{{Changed::What::refused, before, "run", opened.there, {}}};
        }
    }
    if (change.end_run) {
        end_run(session, *change.end_run);
    }
    // Behind the end of the run that comes with it.
    if (deploys && !unverified && !has_served(session, *present, change.commit)) {
        throw Refusal{{Changed::What::refused, before, "not_proven", {}, {}}};
    }
    return {
        already ? Changed::What::already : Changed::What::done, present->status, "", {}, joined};
}

} // namespace loomrel::store
