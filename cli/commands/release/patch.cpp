#include "cli/commands/release/release.hpp"
#include "lib/base/random.hpp"
#include "lib/base/text.hpp"
#include "lib/operations/production_claim.hpp"
#include "lib/release/names.hpp"

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;
using release::Status;

// Approvals are people's: no script may give them by writing a status.
void refuse_decision(std::int64_t id, Status status) {
    if (release::is_decision(status)) {
        const bool passed = status == Status::manual_test_passed;
        throw Error(ErrorKind::refused,
                    "approval_required",
                    phrase(Id::cli_release_decision, fmt::arg("status", to_string(status))),
                    phrase(Id::cli_release_decision_hint,
                           fmt::arg("command", passed ? "approve" : "reject"),
                           fmt::arg("id", id)));
    }
}

// Put on stage anew a release is only by a deploy there.
bool may_be_moved(Status from, Status to) {
    return release::may_become(from, to) && !release::is_again(from, to);
}

std::string moves_from(const std::string& status) {
    std::vector<std::string> names;
    if (const auto known = release::parse_status(status)) {
        for (const Status next : release::next_of(*known)) {
            // A decision is made by another command.
            if (!release::is_decision(next) && may_be_moved(*known, next)) {
                names.emplace_back(to_string(next));
            }
        }
    }
    return join(names, ", ");
}

Phrase next_from(std::int64_t id, const std::string& now) {
    if (release::parse_status(now) == Status::manual_testing) {
        return phrase(Id::cli_release_decide_next, fmt::arg("id", id));
    }
    const std::string moves = moves_from(now);
    return moves.empty() ? phrase(Id::cli_release_no_moves)
                         : phrase(Id::cli_release_moves, fmt::arg("moves", moves));
}

[[noreturn]] void refuse_move(std::int64_t id, const std::string& now, const std::string& to) {
    throw Error(ErrorKind::refused,
                "move_not_allowed",
                phrase(Id::cli_release_move_refused,
                       fmt::arg("id", id),
                       fmt::arg("now", sanitize_line(now)),
                       fmt::arg("to", to)),
                next_from(id, now));
}

// A script that deploys by itself says so: the proof is the same as anybody's.
store::Changed claim(Services& services, const store::Change& change) {
    store::Claim claim;
    claim.id = random_uuid();
    claim.release_id = change.release_id;
    claim.actor = change.actor;
    claim.source = change.source;
    claim.by_script = change.by_script;
    claim.rules = services.config().approval_rules();
    const store::Claimed claimed = services.store(Services::Purpose::production).claim(claim);
    using Became = store::Changed::What;
    switch (claimed.what) {
    case store::Claimed::What::done:
        return {Became::done, claimed.status, "", {}, {}};
    case store::Claimed::What::already:
        return {Became::already, claimed.status, "", {}, {}};
    case store::Claimed::What::absent:
        return {Became::absent, "", "", {}, {}};
    case store::Claimed::What::refused:
        break;
    }
    if (claimed.conflict == "status") {
        refuse_move(change.release_id, claimed.status, std::string(to_string(Status::deploying)));
    }
    operations::refuse_claim(
        services.context(), find_release(services, change.release_id), claimed);
}

// Written whether or not the release has the status already.
bool has_other_columns(const ReleasePatchOptions& options) {
    return options.run_id || options.link || options.rollback_to;
}

store::Change make_change(Services& services, const ReleasePatchOptions& options) {
    store::Change change;
    change.id = random_uuid();
    change.release_id = options.id.value_or(0);
    change.actor = services.actor();
    change.source = "cli";
    change.by_script = true;
    change.run_id = options.run_id;
    change.link = options.link;
    change.rollback_to_tag = options.rollback_to;
    if (const auto to = release::parse_status(options.status.value_or(""))) {
        refuse_decision(change.release_id, *to);
        if (const auto move = release::move_to(*to)) {
            change.steps.push_back({*move, "{}"});
        } else if (*to != Status::deploying) {
            // Nothing leads back to `initiated`.
            refuse_move(change.release_id,
                        find_release(services, options.id).status,
                        std::string(to_string(*to)));
        }
    }
    if (options.run_id) {
        check_run_id(*options.run_id);
    }
    if (options.link) {
        check_link(*options.link);
    }
    if (options.rollback_to && !options.rollback_to->empty()) {
        release::check_version_name(*options.rollback_to);
    }
    if (!options.status && !has_other_columns(options)) {
        throw Error(ErrorKind::usage,
                    "nothing_to_do",
                    phrase(Id::cli_release_patch_nothing),
                    phrase(Id::cli_release_patch_nothing_hint));
    }
    return change;
}

void tell(Services& services,
          const ReleasePatchOptions& options,
          const std::string& status,
          bool changed) {
    const std::int64_t id = options.id.value_or(0);
    if (services.json()) {
        services.out_json({{"release_id", id},
                           {"status", status},
                           {"changed", changed},
                           {"dry_run", options.dry_run}});
        return;
    }
    const Id text = options.dry_run ? Id::cli_release_would_patch
                    : changed       ? Id::cli_release_patched
                                    : Id::cli_release_already;
    services.out(services.say(text,
                              fmt::arg("id", id),
                              fmt::arg("status", status_label(services.language(), status)))
                 + "\n");
}

// Nothing is written: what the present row allows is all that can be said.
ExitCode show_plan(Services& services, const ReleasePatchOptions& options) {
    const release::Release row = find_release(services, options.id);
    const std::string to = options.status.value_or(row.status);
    if (to == row.status) {
        tell(services, options, to, has_other_columns(options));
        return ExitCode::ok;
    }
    const auto from = row.state();
    const auto wanted = release::parse_status(to);
    if (!from || !wanted || !may_be_moved(*from, *wanted)) {
        refuse_move(row.id, row.status, to);
    }
    tell(services, options, to, true);
    return ExitCode::ok;
}

// What the ledger does not take.
void check_taken(Services& services,
                 const ReleasePatchOptions& options,
                 const store::Change& change,
                 const store::Changed& changed) {
    switch (changed.what) {
    case store::Changed::What::absent:
        (void)find_release(services, options.id); // says that there is none
        break;
    case store::Changed::What::refused:
        if (changed.conflict == "not_proven") {
            throw Error(ErrorKind::refused,
                        "not_proven",
                        phrase(Id::cli_release_not_proven, fmt::arg("id", change.release_id)),
                        phrase(Id::cli_release_not_proven_hint, fmt::arg("id", change.release_id)));
        }
        if (!options.status || (!changed.conflict.empty() && changed.conflict != "status")) {
            throw Error(ErrorKind::refused,
                        "conflict",
                        phrase(Id::cli_release_changed_refused,
                               fmt::arg("id", change.release_id),
                               fmt::arg("now", sanitize_line(changed.status)),
                               fmt::arg("what", sanitize_line(changed.conflict))));
        }
        refuse_move(change.release_id, changed.status, *options.status);
    case store::Changed::What::done:
    case store::Changed::What::already:
        break;
    }
}

} // namespace

ExitCode run_release_patch(Services& services, const ReleasePatchOptions& options) {
    const store::Change change = make_change(services, options);
    if (options.dry_run) {
        return show_plan(services, options);
    }
    store::Changed changed;
    const bool claims = options.status == to_string(Status::deploying);
    if (claims) {
        changed = claim(services, change);
    }
    // The other columns, or the move, in one transaction; behind a claim only what is left.
    const bool done = !claims || changed.what == store::Changed::What::done
                      || changed.what == store::Changed::What::already;
    if (done && (!claims || has_other_columns(options))) {
        const store::Changed applied = services.store(Services::Purpose::releases).apply(change);
        changed = claims ? changed : applied;
    }
    check_taken(services, options, change, changed);
    tell(services,
         options,
         changed.status,
         changed.what == store::Changed::What::done || has_other_columns(options));
    return ExitCode::ok;
}

} // namespace loomrel::cli
