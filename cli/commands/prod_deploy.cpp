#include "cli/commands/prod_deploy.hpp"

#include "cli/runs/dry_run.hpp"
#include "cli/runs/find_run.hpp"
#include "cli/runs/run_session.hpp"
#include "lib/operations/conclude.hpp"
#include "lib/operations/ledger.hpp"
#include "lib/operations/production_deploy.hpp"

#include <memory>
#include <utility>

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;

std::int64_t release_id_of(const ProdDeployOptions& options) {
    if (!options.release_id) {
        throw Error(ErrorKind::usage,
                    "release_id_missing",
                    phrase(Id::prod_no_release),
                    phrase(Id::prod_no_release_hint));
    }
    return *options.release_id;
}

} // namespace

ExitCode run_prod_deploy(Services& services, const ProdDeployOptions& options) {
    services.exit_code_is_the_result();
    deploy::Request request;
    request.tag = services.tag(options.tag);
    request.release_id = release_id_of(options);
    request.older = options.older;
    const std::string service = services.service(options.service);
    operations::check_may_be_older(services, service, request);
    store::Store& ledger = services.store(Services::Purpose::production);
    const operations::Context& context = services.context();
    if (!options.dry_run) {
        operations::make_spool(context).deliver(ledger);
    }
    auto asked =
        operations::find_production_deploy(context, services, ledger, service, std::move(request));
    operations::Deploying& deploying = asked.deploying;
    if (options.dry_run && asked.decision.run) {
        return show_would_attach(services, *asked.decision.run);
    }
    if (options.dry_run) {
        operations::foresee_claim(context, ledger, asked.release, deploying);
        return show_dry_run(services, deploying.plan, deploying.hosts);
    }
    RunSession session(services, deploying.plan.settings, deploying.hosts);
    session.set_ledger(ledger);
    if (const auto done = join_or_report(services, session, deploying, asked.decision)) {
        return *done;
    }
    operations::conclude_open_runs(context, services, ledger, service, operations::k_production);
    const auto begun = operations::begin_production_run(context, ledger, asked.release, deploying);
    if (const auto done = join_or_report(services, session, deploying, begun)) {
        return *done;
    }
    session.begin_connecting();
    return session.run(deploying.plan, *begun.run);
}

void register_prod_deploy(Command& parent) {
    auto options = std::make_shared<ProdDeployOptions>();
    parent.command("prod-deploy", Id::cli_prod_deploy_about)
        .option("--service", "S", Id::cli_help_service, &options->service)
        .option("--tag", "T", Id::cli_help_tag, &options->tag)
        .option("--release-id", "N", Id::cli_help_release_id, &options->release_id)
        .flag("--older", Id::cli_help_older_prod, options->older)
        .flag("--dry-run", Id::cli_help_dry_run, options->dry_run)
        .runs([options](Services& services) { return run_prod_deploy(services, *options); });
}

} // namespace loomrel::cli
