#include "cli/stage_deploy.hpp"

#include "cli/attach.hpp"
#include "cli/deploying.hpp"
#include "cli/dry_run.hpp"
#include "cli/local_state.hpp"
#include "lib/base/random.hpp"
#include "lib/messages/status_texts.hpp"
#include "lib/release/names.hpp"

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

Release given_release(store::Store& store, const StageRequest& asked) {
    Release found = find_release(store, *asked.release_id);
    check_is_release_of(found, asked.service, asked.tag);
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
    if (github.run_id.empty()) {
        store::ReleaseQuery query;
        query.service = asked.service;
        query.tag = asked.tag;
        if (auto found = deploy::to_continue(store.list_releases(query), asked.commit)) {
            return *found;
        }
    }
    store::NewRelease fresh;
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

// Only a release whose way to stage is not over may be deployed there.
void check_stage_status(Services& services, const Release& release) {
    const auto state = release.state();
    const bool allowed = state == release::Status::initiated || state == release::Status::building
                         || state == release::Status::stage_deploy
                         || state == release::Status::staging_failed;
    if (!allowed) {
        const std::string status =
            state ? messages::label(services.language(), *state) : release.status;
        throw Error(ErrorKind::refused,
                    "status_forbids",
                    phrase(Id::deploy_status_forbids,
                           fmt::arg("id", release.id),
                           fmt::arg("tag", release.release_tag),
                           fmt::arg("status", status)),
                    phrase(Id::deploy_status_forbids_hint,
                           fmt::arg("id", release.id),
                           fmt::arg("service", release.service_name),
                           fmt::arg("tag", release.release_tag)));
    }
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
    store::Store& store = services.store();
    if (options.dry_run) {
        const Release release = given_release(store, asked);
        const auto decision = deploy::decide(runs_of(store, release.id, k_stage), deploying.asker);
        if (decision.run) {
            return show_would_attach(services, *decision.run);
        }
        check_stage_status(services, release);
        plan_for(deploying.plan.request, release);
        return show_dry_run(services, deploying.plan, deploying.hosts);
    }
    RunSession session(services, deploying.plan.settings, deploying.hosts);
    session.may_leave();
    session.begin_connecting();
    // Beside the log-in: the ledger.
    make_spool(services).deliver(store);
    const Release release = release_for(services, store, asked);
    session.set_store(store);
    const auto decision = deploy::decide(runs_of(store, release.id, k_stage), deploying.asker);
    session.stay();
    if (const auto done = join_or_report(services, session, deploying, decision)) {
        return *done;
    }
    check_stage_status(services, release);
    conclude_open_runs(services, store, asked.service, k_stage);
    plan_for(deploying.plan.request, release);
    const store::Run run = run_row(deploying, session);
    (void)store.open_run(run);
    return session.run(deploying.plan, run);
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
        .flag("--dry-run", Id::cli_help_dry_run, options->dry_run)
        .runs([options](Services& services) { return run_stage_deploy(services, *options); });
}

} // namespace loomrel::cli
