#include "cli/rollback.hpp"

#include "cli/deploying.hpp"
#include "cli/dry_run.hpp"
#include "cli/local_state.hpp"
#include "cli/rollback_hosts.hpp"
#include "cli/run_session.hpp"
#include "lib/base/random.hpp"
#include "lib/base/text.hpp"
#include "lib/release/names.hpp"
#include "lib/store/spool.hpp"

#include <nlohmann/json.hpp>

namespace loomrel::cli {

namespace {

using deploy::RollbackTarget;
using messages::Id;
using messages::phrase;

// A ledger that is silent for so long is not waited for (design 6).
constexpr Milliseconds k_ledger_patience{3000};

std::string
plan_text(Services& services, const RollbackHosts& hosts, const RollbackTarget& target) {
    std::string text = services.say(Id::rollback_plan,
                                    fmt::arg("service", hosts.settings.service),
                                    fmt::arg("environment", hosts.settings.environment),
                                    fmt::arg("from", target.from.empty() ? "-" : target.from),
                                    fmt::arg("to", target.to))
                       + "\n";
    const auto add = [&](const std::string& line) { text += "   " + line + "\n"; };
    if (target.rebuild) {
        add(services.say(Id::rollback_plan_rebuild));
    } else if (target.kept_at) {
        add(services.say(
            Id::rollback_plan_kept,
            fmt::arg("date", services.date(Time(std::chrono::seconds(*target.kept_at))))));
    }
    if (target.changed) {
        add(services.say(Id::rollback_plan_changed));
    }
    for (const deploy::LookedAt& host : hosts.looked_at) {
        if (!host.sight) {
            add(services.say(Id::rollback_plan_silent, fmt::arg("host", host.host)));
        }
    }
    return text;
}

// Names the run that is under way, at once; cancels it if that is wanted.
void make_way(Services& services, RollbackHosts& hosts, const RollbackOptions& options) {
    const auto running = hosts.running();
    if (!running) {
        return;
    }
    const std::string text = services.say(Id::rollback_running,
                                          fmt::arg("host", running->host),
                                          fmt::arg("run", running->run_id),
                                          fmt::arg("holder", running->holder));
    bool wanted = options.cancel_running;
    if (!wanted && services.io().can_prompt()) {
        services.io().err(text + "\n");
        wanted = services.confirm(services.say(Id::rollback_cancel_question));
    }
    if (!wanted) {
        throw Error(ErrorKind::refused,
                    "run_in_progress",
                    phrase(Id::rollback_running,
                           fmt::arg("host", running->host),
                           fmt::arg("run", running->run_id),
                           fmt::arg("holder", running->holder)),
                    phrase(Id::rollback_running_hint));
    }
    services.note(services.say(Id::rollback_cancelling, fmt::arg("run", running->run_id)));
    hosts.cancel(services, running->run_id);
    hosts.look(services);
}

void ask(Services& services, const std::string& plan, const RollbackOptions& options) {
    if (options.yes) {
        services.note(plan);
        return;
    }
    if (!services.io().can_prompt()) {
        throw Error(ErrorKind::refused,
                    "needs_yes",
                    phrase(Id::rollback_needs_yes),
                    phrase(Id::rollback_needs_yes_hint));
    }
    services.io().err(plan);
    if (!services.confirm(services.say(Id::rollback_question))) {
        throw Error(ErrorKind::refused, "declined", phrase(Id::rollback_declined));
    }
}

deploy::Plan make_plan(Services& services,
                       const RollbackHosts& hosts,
                       const RollbackTarget& target,
                       const RollbackOptions& options) {
    deploy::Request request;
    request.run_id = random_uuid();
    request.kind = store::RunKind::rollback;
    request.tag = target.to;
    request.by = services.actor();
    request.to = target.to_id;
    request.from = target.from_id;
    request.rebuild = target.rebuild;
    request.skip_hooks = options.skip_hooks;
    deploy::Plan plan =
        hosts.by_kept_program
            ? deploy::plan_by_kept_program(
                request, hosts.settings, services.language(), random_hex(8))
            : deploy::make_plan(request, hosts.settings, services.language(), random_hex(8));
    // Everywhere at once: there is no canary for what has served before.
    plan.settings.canary = static_cast<int>(hosts.hosts.size());
    return plan;
}

store::Run row_of(Services& services,
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

// The release that serves is moved with the run's row, in one transaction, before anything starts.
void claim(Services& services, store::Store& store, store::Run& run, const std::string& from) {
    if (run.environment == "prod") {
        run.release_id = store::release_to_roll_back(store, run.service, from);
    }
    if (run.release_id) {
        store::Change change;
        change.id = random_uuid();
        change.release_id = *run.release_id;
        change.actor = services.actor();
        change.source = "cli";
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

ExitCode
tell_already(Services& services, const RollbackHosts& hosts, const RollbackTarget& target) {
    const std::string text = services.say(Id::rollback_already,
                                          fmt::arg("service", hosts.settings.service),
                                          fmt::arg("to", target.to),
                                          fmt::arg("environment", hosts.settings.environment));
    if (services.json()) {
        services.out_json({{"ok", true},
                           {"exit", 0},
                           {"already", true},
                           {"service", hosts.settings.service},
                           {"environment", hosts.settings.environment},
                           {"tag", target.to}});
        services.note(text);
    } else {
        services.out(text + "\n");
    }
    return ExitCode::ok;
}

} // namespace

ExitCode run_rollback(Services& services, const RollbackOptions& options) {
    services.exit_code_is_the_result();
    if (options.host) {
        services.do_without_config();
    }
    if (options.to && !release::is_commit(*options.to) && !release::is_safe_ref(*options.to)) {
        release::check_release_tag(*options.to);
    }
    RollbackHosts hosts(services, options);
    hosts.look(services);
    make_way(services, hosts, options);
    const RollbackTarget target = deploy::choose_target(
        hosts.looked_at, {options.to, hosts.settings.service, hosts.settings.environment});
    if (target.already) {
        return tell_already(services, hosts, target);
    }
    deploy::Plan plan = make_plan(services, hosts, target, options);
    const std::string text = plan_text(services, hosts, target);
    if (options.dry_run) {
        if (!services.json()) {
            services.out(text);
        }
        return show_dry_run(services, plan, hosts.hosts);
    }
    ask(services, text, options);
    RunSession session(services, plan.settings, hosts.hosts, hosts.take_connections());
    session.begin_connecting();
    session.set_rollback_from(target.from);
    store::Run run = row_of(services, plan, target, session.host_names());
    const auto store = ledger_if_it_answers(services, k_ledger_patience, [&](store::Store& ledger) {
        claim(services, ledger, run, target.from);
    });
    if (store) {
        session.set_store(*store);
    } else {
        run.release_id.reset();
        session.spool_only();
    }
    return session.run(plan, run);
}

void register_rollback(Command& parent) {
    auto options = std::make_shared<RollbackOptions>();
    parent.command("rollback", Id::cli_rollback_about)
        .option("--service", "S", Id::cli_help_service, &options->service)
        .option("--env", "E", Id::cli_help_env, &options->environment)
        .choices({"prod", "stage"})
        .option("--to", "TAG", Id::cli_help_to, &options->to)
        .option("--host", "HOST", Id::cli_help_host, &options->host)
        .option("--identity", "FILE", Id::cli_help_identity, &options->identity)
        .flag("--cancel-running", Id::cli_help_cancel_running, options->cancel_running)
        .flag("--skip-hooks", Id::cli_help_skip_hooks, options->skip_hooks)
        .flag("--yes", Id::cli_help_yes, options->yes)
        .flag("--dry-run", Id::cli_help_dry_run, options->dry_run)
        .runs([options](Services& services) { return run_rollback(services, *options); });
}

} // namespace loomrel::cli
