#include "cli/commands/prod_deploy.hpp"

#include "cli/hosts/targets.hpp"
#include "cli/runs/conclude.hpp"
#include "cli/runs/deploy_plan.hpp"
#include "cli/runs/dry_run.hpp"
#include "cli/runs/find_run.hpp"
#include "cli/runs/production_claim.hpp"
#include "cli/runs/production_sight.hpp"
#include "lib/base/shell_quote.hpp"
#include "lib/operations/ledger.hpp"

#include <memory>
#include <utility>

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;
using release::Release;
using release::Status;

constexpr const char* k_prod = "prod";

// To undo what came in after it is for a person to decide.
void check_may_be_older(Services& services,
                        const ProdDeployOptions& options,
                        const std::string& service,
                        const deploy::Request& request) {
    if (options.older && !services.is_person_here()) {
        throw Error(ErrorKind::refused,
                    "needs_terminal",
                    phrase(Id::prod_older_terminal),
                    phrase(Id::prod_superseded_hint,
                           fmt::arg("service", typed_word(service)),
                           fmt::arg("tag", typed_word(request.tag)),
                           fmt::arg("id", *request.release_id)));
    }
}

std::int64_t release_id_of(const ProdDeployOptions& options) {
    if (!options.release_id) {
        throw Error(ErrorKind::usage,
                    "release_id_missing",
                    phrase(Id::prod_no_release),
                    phrase(Id::prod_no_release_hint));
    }
    return *options.release_id;
}

std::vector<std::string> names_of(Services& services, const std::vector<config::Host>& hosts) {
    std::vector<std::string> names;
    for (const config::Host& host : hosts) {
        names.push_back(endpoint_of(services, host).shown());
    }
    return names;
}

} // namespace

ExitCode run_prod_deploy(Services& services, const ProdDeployOptions& options) {
    services.exit_code_is_the_result();
    deploy::Request request;
    request.tag = services.tag(options.tag);
    request.release_id = release_id_of(options);
    request.older = options.older;
    const std::string service = services.service(options.service);
    check_may_be_older(services, options, service, request);
    store::Store& store = services.store(Services::Purpose::production);
    if (!options.dry_run) {
        operations::make_spool(services.context()).deliver(store);
    }
    const Release release = find_release(store, *request.release_id);
    check_is_release_of(release, service, request.tag);
    // The commit is the one that was tested and approved, whatever the tag names now.
    request.commit = release.commit_sha.value_or("");
    Deploying deploying = prepare(services,
                                  std::move(request),
                                  services.config().deploy(service, k_prod),
                                  services.config().hosts(k_prod, service));
    const auto decision = deploy::decide(runs_of(store, release.id, k_prod), deploying.asker);
    // A run that has ended is the answer as long as the release is where it left it: not after a
    // rollback.
    const bool is_there =
        release.state() == Status::deployed || release.state() == Status::production_failed;
    const bool joins = decision.what == deploy::Decision::What::attach
                       || (decision.what == deploy::Decision::What::report && is_there);
    if (joins && decision.what == deploy::Decision::What::report
        && decision.run->outcome == store::RunOutcome::good) {
        check_still_serves(services, release);
    }
    if (options.dry_run && joins) {
        return show_would_attach(services, *decision.run);
    }
    if (options.dry_run) {
        foresee_claim(services,
                      store,
                      release,
                      run_row(deploying, names_of(services, deploying.hosts)),
                      {services.actor(), "cli"},
                      options.older);
        return show_dry_run(services, deploying.plan, deploying.hosts);
    }
    RunSession session(services, deploying.plan.settings, deploying.hosts);
    session.set_store(store);
    if (joins) {
        return *join_or_report(services, session, deploying, decision);
    }
    conclude_open_runs(services, store, service, k_prod);
    const store::Run run = run_row(deploying, session.host_names());
    const store::Run open =
        claim_production(services, store, release, run, {services.actor(), "cli"}, options.older);
    if (open.id != run.id) {
        // Of several that were started at once, one claims and the others watch.
        return *join_or_report(
            services, session, deploying, {deploy::Decision::What::attach, open});
    }
    session.begin_connecting();
    return session.run(deploying.plan, run);
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
