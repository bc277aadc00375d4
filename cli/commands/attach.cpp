#include "cli/commands/attach.hpp"

#include "cli/runs/find_run.hpp"
#include "cli/runs/run_session.hpp"
#include "lib/operations/deploy_plan.hpp"
#include "lib/operations/ledger.hpp"
#include "lib/operations/production_settings.hpp"
#include "lib/operations/targets.hpp"

namespace loomrel::cli {

using messages::Id;

ExitCode run_attach(Services& services, const AttachOptions& options) {
    services.exit_code_is_the_result();
    const store::Run run = find_run(services, options.run);
    if (options.dry_run) {
        return show_would_attach(services, run);
    }
    const operations::Context& context = services.context();
    const auto settings = operations::ProductionSettings(context, services).of(run);
    RunSession session(services, settings, operations::hosts_of(context, run));
    store::Store& ledger = services.store(Services::Purpose::releases);
    session.set_ledger(ledger);
    operations::make_spool(context).deliver(ledger);
    // Design 6, "Several hosts": goes on with those not yet started.
    if (run.hosts.size() > 1 && !run.ended_at && run.kind == store::RunKind::deploy) {
        return session.join(operations::plan_of_begun(context, run), run);
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
