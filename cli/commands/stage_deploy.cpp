#include "cli/commands/stage_deploy.hpp"

#include "cli/runs/dry_run.hpp"
#include "cli/runs/find_run.hpp"
#include "cli/runs/run_session.hpp"
#include "lib/operations/ledger.hpp"
#include "lib/operations/stage_deploy.hpp"
#include "lib/release/names.hpp"

namespace loomrel::cli {

namespace {

using messages::Id;

constexpr const char* k_stage = "stage";

// What is asked for, checked, with everything that Actions fills in.
operations::StageRequest ask(Services& services, const StageDeployOptions& options) {
    const GithubActions& github = services.github();
    operations::StageRequest asked;
    asked.service = services.service(options.service);
    asked.tag = services.tag(options.tag);
    // The commit of the event belongs to the event's tag only.
    asked.commit = options.commit.value_or(asked.tag == github.tag ? github.commit : "");
    if (!asked.commit.empty()) {
        release::check_commit(asked.commit);
    }
    asked.release_id = options.release_id;
    asked.again = options.again;
    return asked;
}

deploy::Request request_for(const operations::StageRequest& asked,
                            const StageDeployOptions& options) {
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
    const operations::StageRequest asked = ask(services, options);
    const operations::Context& context = services.context();
    operations::Deploying deploying =
        operations::prepare(context,
                            services,
                            request_for(asked, options),
                            context.config.deploy(asked.service, k_stage),
                            context.config.hosts(k_stage, asked.service));
    if (options.dry_run && !asked.release_id) {
        return show_dry_run(services, deploying.plan, deploying.hosts);
    }
    store::Store& ledger = services.store(Services::Purpose::releases);
    if (options.dry_run) {
        const auto found = operations::given_stage_release(context, ledger, asked);
        if (found.decision.run) {
            return show_would_attach(services, *found.decision.run);
        }
        operations::plan_for(deploying.plan.request, found.release);
        return show_dry_run(services, deploying.plan, deploying.hosts);
    }
    RunSession session(services, deploying.plan.settings, deploying.hosts);
    session.may_leave();
    session.begin_connecting();
    // Beside the log-in: the ledger.
    operations::make_spool(context).deliver(ledger);
    const auto found = operations::find_stage_release(context, ledger, asked);
    session.set_ledger(ledger);
    session.stay();
    if (const auto done = join_or_report(services, session, deploying, found.decision)) {
        return *done;
    }
    const auto begun =
        operations::begin_stage_run(context, services, ledger, found.release, deploying);
    if (const auto done = join_or_report(services, session, deploying, begun)) {
        return *done;
    }
    return session.run(deploying.plan, *begun.run);
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
