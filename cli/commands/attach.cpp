#include "cli/commands/attach.hpp"

#include "cli/hosts/production_settings.hpp"
#include "cli/hosts/targets.hpp"
#include "cli/runs/find_run.hpp"
#include "cli/runs/run_result.hpp"
#include "cli/runs/run_session.hpp"
#include "lib/base/random.hpp"
#include "lib/operations/ledger.hpp"

namespace loomrel::cli {

using messages::Id;

namespace {

// The plan of a deploy that is under way, as its starter made it: hosts not yet started are started
// by it.
deploy::Plan plan_of(Services& services, const store::Run& run) {
    deploy::Request request;
    request.run_id = run.id;
    request.kind = run.kind;
    const bool is_tag = run.ref.starts_with("refs/tags/");
    (is_tag ? request.tag : request.branch) = short_ref(run.ref);
    request.commit = run.commit;
    request.release_id = run.release_id;
    request.by = services.actor();
    request.link = services.github().link;
    return deploy::make_plan(std::move(request),
                             services.config().deploy(run.service, run.environment),
                             services.language(),
                             random_hex(8));
}

} // namespace

ExitCode run_attach(Services& services, const AttachOptions& options) {
    services.exit_code_is_the_result();
    const store::Run run = find_run(services, options.run);
    if (options.dry_run) {
        return show_would_attach(services, run);
    }
    RunSession session(services, ProductionSettings(services).of(run), hosts_of(services, run));
    session.set_store(services.store(Services::Purpose::releases));
    operations::make_spool(services.context()).deliver(services.store(Services::Purpose::releases));
    // Design 6, "Several hosts": goes on with those not yet started.
    if (run.hosts.size() > 1 && !run.ended_at && run.kind == store::RunKind::deploy) {
        return session.join(plan_of(services, run), run);
    }
    return session.attach(run);
}

void register_attach(Command& parent) {
    auto options = std::make_shared<AttachOptions>();
    parent.command("attach", Id::cli_attach_about)
        .argument("RUN", Id::cli_help_run, &options->run)
        .required()
        .flag("--dry-run", Id::cli_help_dry_run, options->dry_run)
        .runs([options](Services& services) { return run_attach(services, *options); });
}

} // namespace loomrel::cli
