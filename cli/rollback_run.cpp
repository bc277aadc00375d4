#include "cli/rollback_run.hpp"

#include "lib/base/random.hpp"
#include "lib/store/rollback.hpp"

namespace loomrel::cli {

using deploy::RollbackTarget;

deploy::Plan rollback_plan(Services& services,
                           const RollbackHosts& hosts,
                           const RollbackTarget& target,
                           const std::string& actor,
                           bool skip_hooks) {
    deploy::Request request;
    request.run_id = random_uuid();
    request.kind = store::RunKind::rollback;
    request.tag = target.to;
    request.by = actor;
    request.to = target.to_id;
    request.from = target.from_id;
    request.rebuild = target.rebuild;
    request.skip_hooks = skip_hooks;
    deploy::Plan plan =
        hosts.by_kept_program
            ? deploy::plan_by_kept_program(
                request, hosts.settings, services.language(), random_hex(8))
            : deploy::make_plan(request, hosts.settings, services.language(), random_hex(8));
    // Everywhere at once: there is no canary for what has served before.
    plan.settings.canary = static_cast<int>(hosts.hosts.size());
    return plan;
}

store::Run rollback_row(Services& services,
                        const deploy::Plan& plan,
                        const RollbackTarget& target,
                        const std::vector<std::string>& hosts) {
    store::Run run;
    run.id = plan.request.run_id;
    run.service = plan.settings.service;
    run.environment = plan.settings.environment;
    run.kind = store::RunKind::rollback;
    run.ref = "refs/tags/" + target.to;
    run.commit = target.commit;
    run.github_run_id = services.github().run_id;
    run.github_run_attempt = services.github().run_attempt;
    run.hosts = hosts;
    return run;
}

void claim_rollback(store::Store& store,
                    store::Run& run,
                    const std::string& from,
                    const std::string& actor,
                    const std::string& source) {
    if (run.environment == "prod") {
        run.release_id = store::release_to_roll_back(store, run.service, from);
    }
    if (run.release_id) {
        store::Change change;
        change.id = random_uuid();
        change.release_id = *run.release_id;
        change.actor = actor;
        change.source = source;
        change.steps = {{release::Status::rollback, "{}"}};
        change.open_run = run;
        const auto changed = store.apply(change);
        if (changed.what == store::Changed::What::done) {
            return;
        }
        // Already in rollback, by somebody who did not end it: this run concludes it.
    }
    (void)store.open_run(run);
}

} // namespace loomrel::cli
