#include "cli/commands/cancel.hpp"

#include "cli/runs/run_session.hpp"
#include "lib/base/text.hpp"
#include "lib/operations/production_settings.hpp"
#include "lib/operations/run_search.hpp"
#include "lib/operations/targets.hpp"

#include <nlohmann/json.hpp>

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;

void check_goes_on(const store::Run& run) {
    if (run.ended_at) {
        throw Error(ErrorKind::refused,
                    "run_ended",
                    phrase(Id::cancel_ended, fmt::arg("run", run.id)),
                    phrase(Id::cancel_ended_hint, fmt::arg("run", run.id)));
    }
}

ExitCode show_would_cancel(Services& services, const store::Run& run) {
    if (services.json()) {
        services.out_json({{"dry_run", true},
                           {"run_id", run.id},
                           {"service", run.service},
                           {"environment", run.environment},
                           {"hosts", run.hosts}});
    } else {
        services.out(services.say(Id::cancel_would,
                                  fmt::arg("run", run.id),
                                  fmt::arg("service", run.service),
                                  fmt::arg("environment", run.environment),
                                  fmt::arg("hosts", join(run.hosts, ", ")))
                     + "\n");
    }
    return ExitCode::ok;
}

// Of production only.
void ask(Services& services, const store::Run& run, const CancelOptions& options) {
    if (run.environment == "prod" && !options.yes
        && !services.confirm(services.say(Id::cancel_question, fmt::arg("run", run.id)))) {
        throw Error(
            ErrorKind::refused,
            services.io().can_prompt() ? "declined" : "needs_yes",
            phrase(services.io().can_prompt() ? Id::rollback_declined : Id::cancel_needs_yes),
            services.io().can_prompt() ? Phrase{} : phrase(Id::rollback_needs_yes_hint));
    }
}

} // namespace

ExitCode run_cancel(Services& services, const CancelOptions& options) {
    services.exit_code_is_the_result();
    const operations::Context& context = services.context();
    const auto found = operations::search_run(
        context, services, options.run, [&] { return services.services_meant(std::nullopt); });
    const store::Run& run = found.run;
    check_goes_on(run);
    if (options.dry_run) {
        return show_would_cancel(services, run);
    }
    ask(services, run, options);
    operations::ProductionSettings production(context, services);
    // Without a ledger it was found where these settings led.
    RunSession session(services,
                       found.ledger ? production.of(run)
                                    : production.of(run.service, run.environment),
                       operations::hosts_of(context, run));
    if (found.ledger) {
        session.set_ledger(*found.ledger);
    }
    return session.cancel(run);
}

void register_cancel(Command& parent) {
    auto options = std::make_shared<CancelOptions>();
    parent.command("cancel", Id::cli_cancel_about)
        .argument("RUN", Id::cli_help_run, &options->run)
        .required()
        .flag("--yes", Id::cli_help_yes, options->yes)
        .flag("--dry-run", Id::cli_help_dry_run, options->dry_run)
        .runs([options](Services& services) { return run_cancel(services, *options); });
}

} // namespace loomrel::cli
