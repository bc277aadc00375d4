#include "cli/commands/stage_deploy.hpp"

#include "cli/runs/conclude.hpp"
#include "cli/runs/deploy_plan.hpp"
#include "cli/runs/dry_run.hpp"
#include "cli/runs/find_run.hpp"
#include "cli/runs/rollback_run.hpp"
#include "lib/base/random.hpp"
#include "lib/base/text.hpp"
#include "lib/operations/ledger.hpp"
#include "lib/release/names.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;
using release::Release;

constexpr const char* k_stage = "stage";

// What is asked for, checked, with everything that Actions fills in.
struct StageRequest {
    std::string service;
    std::string tag;
    std::string commit; // "" = whatever the tag names
    std::optional<std::int64_t> release_id;
};

StageRequest ask(Services& services, const StageDeployOptions& options) {
    const GithubActions& github = services.github();
    StageRequest asked;
    asked.service = services.service(options.service);
    asked.tag = services.tag(options.tag);
    // The commit of the event belongs to the event's tag only.
    asked.commit = options.commit.value_or(asked.tag == github.tag ? github.commit : "");
    if (!asked.commit.empty()) {
        release::check_commit(asked.commit);
    }
    asked.release_id = options.release_id;
    return asked;
}

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

// The release that this deploy is for: the one named, the one of this GitHub run, the one whose way
// to stage is not over, or a new one.
Release release_for(Services& services, store::Store& store, const StageRequest& asked) {
    if (asked.release_id) {
        return given_release(store, asked);
    }
    const GithubActions& github = services.github();
    store::NewRelease fresh;
    fresh.continues = github.run_id.empty();
    fresh.service = asked.service;
    fresh.tag = asked.tag;
    fresh.run_id = github.run_id.empty() ? "local-" + random_uuid() : github.run_id;
    fresh.by = services.actor();
    fresh.link = github.link;
    fresh.ref = "refs/tags/" + asked.tag;
    fresh.commit = asked.commit;
    fresh.source = "cli";
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

// The run that is the answer, if one is: what goes on is joined; what ended is reported while stage
// still serves it, unless it is wanted again.
deploy::Decision decide(store::Store& store,
                        const Release& release,
                        const deploy::Asker& asker,
                        const StageDeployOptions& options) {
    const auto decision = deploy::decide(runs_of(store, release.id, k_stage), asker);
    const bool is_same_ask = decision.run && asker.attempt > 0
                             && decision.run->github_run_id == asker.github_run_id
                             && decision.run->github_run_attempt >= asker.attempt;
    if (decision.what != deploy::Decision::What::report || is_same_ask) {
        return decision;
    }
    return options.again || !is_on_stage(store, release) ? deploy::Decision{} : decision;
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
open_run(Services& services, store::Store& store, const Release& release, store::Run run) {
    using release::Status;
    const Status state = *release.state();
    if (release::is_again(state, Status::building)) {
        store::Change change;
        change.id = random_uuid();
        change.release_id = release.id;
        change.actor = services.actor();
        change.source = "cli";
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
        return open_run(services, store, now, std::move(run));
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
        note.actor = services.actor();
        note.source = "cli";
        note.detail = nlohmann::json{{"stage", "again"}, {"run", run.id}}.dump();
        (void)store.note_event(note);
    }
    return opened.opened || !opened.there ? run : joined_run(*opened.there, run);
}

// What is deployed is the commit that the release is pinned to.
void plan_for(deploy::Request& request, const Release& release) {
    request.release_id = release.id;
    if (request.commit.empty()) {
        request.commit = release.commit_sha.value_or("");
    }
}

deploy::Request request_for(const StageRequest& asked, const StageDeployOptions& options) {
    deploy::Request request;
    request.tag = asked.tag;
    request.commit = asked.commit;
    request.release_id = asked.release_id;
    request.older = options.older;
    request.rehearse = options.rehearse;
    return request;
}

} // namespace

ExitCode run_stage_deploy(Services& services, const StageDeployOptions& options) {
    services.exit_code_is_the_result();
    const StageRequest asked = ask(services, options);
    Deploying deploying = prepare(services,
                                  request_for(asked, options),
                                  services.config().deploy(asked.service, k_stage),
                                  services.config().hosts(k_stage, asked.service));
    if (options.dry_run && !asked.release_id) {
        return show_dry_run(services, deploying.plan, deploying.hosts);
    }
    store::Store& store = services.store(Services::Purpose::releases);
    if (options.dry_run) {
        const Release release = given_release(store, asked);
        const auto decision = decide(store, release, deploying.asker, options);
        if (decision.run) {
            return show_would_attach(services, *decision.run);
        }
        check_stage_status(release);
        plan_for(deploying.plan.request, release);
        return show_dry_run(services, deploying.plan, deploying.hosts);
    }
    RunSession session(services, deploying.plan.settings, deploying.hosts);
    session.may_leave();
    session.begin_connecting();
    // Beside the log-in: the ledger.
    operations::make_spool(services.context()).deliver(store);
    const Release release = release_for(services, store, asked);
    session.set_store(store);
    const auto decision = decide(store, release, deploying.asker, options);
    session.stay();
    if (const auto done = join_or_report(services, session, deploying, decision)) {
        return *done;
    }
    check_stage_status(release);
    conclude_open_runs(services, store, asked.service, k_stage);
    plan_for(deploying.plan.request, release);
    const store::Run run = run_row(deploying, session.host_names());
    const store::Run open = open_run(services, store, find_release(store, release.id), run);
    if (open.id != run.id) {
        // Of several that were started at once, one begins and the others watch.
        return *join_or_report(
            services, session, deploying, {deploy::Decision::What::attach, open});
    }
    return session.run(deploying.plan, open);
}

void register_stage_deploy(Command& parent) {
    auto options = std::make_shared<StageDeployOptions>();
    parent.command("stage-deploy", Id::cli_stage_deploy_about)
        .option("--service", "S", Id::cli_help_service, &options->service)
        .option("--tag", "T", Id::cli_help_tag, &options->tag)
        .option("--commit", "SHA", Id::cli_help_commit, &options->commit)
        .option("--release-id", "N", Id::cli_help_stage_release_id, &options->release_id)
        .flag("--rehearse-rollback", Id::cli_help_rehearse, options->rehearse)
        .flag("--older", Id::cli_help_older, options->older)
        .flag("--again", Id::cli_help_again, options->again)
        .flag("--dry-run", Id::cli_help_dry_run, options->dry_run)
        .runs([options](Services& services) { return run_stage_deploy(services, *options); });
}

} // namespace loomrel::cli
