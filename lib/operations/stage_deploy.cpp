#include "lib/operations/stage_deploy.hpp"

#include "lib/base/random.hpp"
#include "lib/base/text.hpp"
#include "lib/operations/conclude.hpp"
#include "lib/operations/ledger.hpp"
#include "lib/operations/rollback.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace loomrel::operations {

namespace {

using messages::Id;
using messages::phrase;
using release::Release;

constexpr const char* k_stage = "stage";

// Two rows of one tag and commit are one release: the first of them.
Release first_row_of(store::Store& store, Release found) {
    if (!found.superseded_by) {
        return found;
    }
    Release first = find_release(store, *found.superseded_by);
    const bool same =
        first.release_tag == found.release_tag && first.commit_sha == found.commit_sha;
    return same ? first : found;
}

Release given_release(store::Store& store, const StageRequest& asked) {
    Release found = find_release(store, *asked.release_id);
    check_is_release_of(found, asked.service, asked.tag);
    found = first_row_of(store, std::move(found));
    if (found.commit_sha && !asked.commit.empty() && *found.commit_sha != asked.commit) {
        throw Error(ErrorKind::refused,
                    "tag_moved",
                    phrase(Id::deploy_commit_conflict,
                           fmt::arg("id", found.id),
                           fmt::arg("pinned", *found.commit_sha),
                           fmt::arg("asked", asked.commit)));
    }
    return found;
}

// Found by its tag and GitHub run, or made.
Release make_release(const Context& context, store::Store& store, const StageRequest& asked) {
    const std::string& run_id = context.caller.asker.github_run_id;
    store::NewRelease fresh;
    fresh.continues = run_id.empty();
    fresh.service = asked.service;
    fresh.tag = asked.tag;
    fresh.run_id = run_id.empty() ? "local-" + random_uuid() : run_id;
    fresh.by = context.caller.actor;
    fresh.link = context.caller.link;
    fresh.ref = "refs/tags/" + asked.tag;
    fresh.commit = asked.commit;
    fresh.source = context.caller.source;
    set_sender(fresh, context.caller.sender);
    return find_release(store, store.create_release(fresh).id);
}

[[noreturn]] void refuse_by_status(const Release& release) {
    throw Error(ErrorKind::refused,
                "status_forbids",
                phrase(Id::deploy_status_forbids,
                       fmt::arg("id", release.id),
                       fmt::arg("tag", release.release_tag),
                       fmt::arg("status", sanitize_line(release.status))),
                phrase(Id::deploy_status_forbids_hint,
                       fmt::arg("id", release.id),
                       fmt::arg("service", release.service_name),
                       fmt::arg("tag", release.release_tag)));
}

// A status that an older system wrote has no moves.
void check_stage_status(const Release& release) {
    if (!release.state()) {
        refuse_by_status(release);
    }
}

// As far as the ledger knows: the last run that could tell says that every host serves it.
bool is_on_stage(store::Store& store, const Release& release) {
    store::RunQuery query;
    query.service = release.service_name;
    query.environment = k_stage;
    for (const store::Run& run : store.list_runs(query)) {
        const auto hosts =
            run.ended_at ? store.run_hosts(run.id) : std::vector<store::HostResult>{};
        const bool says = std::any_of(
            hosts.begin(), hosts.end(), [](const auto& host) { return !host.serves.empty(); });
        if (!says) {
            continue;
        }
        // Of this tag another commit may have been put there since.
        const bool same_commit =
            run.commit.empty() || !release.commit_sha || run.commit == *release.commit_sha;
        return std::all_of(hosts.begin(), hosts.end(), [&](const store::HostResult& host) {
            return (host.serves == release.release_tag && same_commit)
                   || host.serves == release.commit_sha;
        });
    }
    return false;
}

StageRelease with_answer(const Context& context,
                         store::Store& store,
                         Release release,
                         const StageRequest& asked) {
    const deploy::Asker& asker = context.caller.asker;
    StageRelease found{std::move(release), {}};
    found.decision = deploy::decide(runs_of(store, found.release.id, k_stage), asker);
    const auto& run = found.decision.run;
    const bool is_same_ask = run && asker.attempt > 0 && run->github_run_id == asker.github_run_id
                             && run->github_run_attempt >= asker.attempt;
    const bool is_over = found.decision.what == deploy::Decision::What::report && !is_same_ask;
    if (is_over && (asked.again || !is_on_stage(store, found.release))) {
        found.decision = {};
    }
    return found;
}

// One at a time goes to stage without a release's status: of two tags the second is refused.
store::Run joined_run(const store::Run& there, const store::Run& own) {
    if (there.ref != own.ref) {
        refuse_beside(there);
    }
    return there;
}

// Opens the run, with the move that it means for the release (design 5): what was tested, approved
// or rejected is put on stage anew, and people's words on it are over; from `deploying` on a deploy
// to stage moves no release. Gives the run that is open then.
store::Run
open_run(const Context& context, store::Store& store, const Release& release, store::Run run) {
    using release::Status;
    const Status state = *release.state();
    if (release::is_again(state, Status::building)) {
        store::Change change;
        change.id = random_uuid();
        change.release_id = release.id;
        change.actor = context.caller.actor;
        change.source = context.caller.source;
        change.steps = {{release::Move::building, R"({"again":true})"}};
        change.open_run = run;
        const store::Changed changed = store.apply(change);
        if (changed.what == store::Changed::What::done) {
            return run;
        }
        if (changed.there) {
            return joined_run(*changed.there, run);
        }
        // It moved on in the meantime: what holds is what it is now.
        const Release now = find_release(store, release.id);
        check_stage_status(now);
        if (now.status == release.status) {
            refuse_by_status(now);
        }
        return open_run(context, store, now, std::move(run));
    }
    const bool moves = state == Status::initiated || state == Status::building
                       || state == Status::stage_deploy || state == Status::staging_failed;
    if (!moves) {
        run.release_id.reset();
    }
    const store::Opened opened = store.open_run(run);
    if (!moves && opened.opened) {
        store::NewNote note;
        note.id = random_uuid();
        note.release_id = release.id;
        note.actor = context.caller.actor;
        note.source = context.caller.source;
        note.detail = nlohmann::json{{"stage", "again"}, {"run", run.id}}.dump();
        (void)store.note_event(note);
    }
    return opened.opened || !opened.there ? run : joined_run(*opened.there, run);
}

} // namespace

StageRelease
given_stage_release(const Context& context, store::Store& ledger, const StageRequest& asked) {
    return with_answer(context, ledger, given_release(ledger, asked), asked);
}

StageRelease
find_stage_release(const Context& context, store::Store& ledger, const StageRequest& asked) {
    return asked.release_id
               ? given_stage_release(context, ledger, asked)
               : with_answer(context, ledger, make_release(context, ledger, asked), asked);
}

void plan_for(deploy::Request& request, const Release& release) {
    check_stage_status(release);
    request.release_id = release.id;
    if (request.commit.empty()) {
        request.commit = release.commit_sha.value_or("");
    }
}

deploy::Decision begin_stage_run(const Context& context,
                                 Console& console,
                                 store::Store& ledger,
                                 const Release& release,
                                 Deploying& deploying) {
    plan_for(deploying.plan.request, release);
    conclude_open_runs(context, console, ledger, release.service_name, k_stage);
    const store::Run run = run_row(context, deploying);
    // Concluding may have moved it.
    store::Run open = open_run(context, ledger, find_release(ledger, release.id), run);
    // Of several that were started at once, one begins and the others watch.
    const bool is_ours = open.id == run.id;
    return {is_ours ? deploy::Decision::What::start : deploy::Decision::What::attach,
            std::move(open)};
}

} // namespace loomrel::operations
