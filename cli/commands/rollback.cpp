#include "cli/commands/rollback.hpp"

#include "cli/context/report.hpp"
#include "cli/hosts/rollback_hosts.hpp"
#include "cli/runs/conclude.hpp"
#include "cli/runs/deploy_plan.hpp"
#include "cli/runs/dry_run.hpp"
#include "cli/runs/rollback_proof.hpp"
#include "cli/runs/rollback_run.hpp"
#include "cli/runs/run_result.hpp"
#include "cli/runs/run_session.hpp"
#include "lib/deploy/shown_settings.hpp"
#include "lib/operations/ledger.hpp"
#include "lib/release/names.hpp"
#include "lib/store/rollback.hpp"
#include "lib/store/spool.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace loomrel::cli {

namespace {

using deploy::RollbackTarget;
using messages::Id;
using messages::phrase;

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
        if (!target.commit.empty()) {
            add(services.say(Id::rollback_plan_commit, fmt::arg("commit", target.commit)));
        }
        for (const deploy::HostLook& host : hosts.looked_at) {
            const auto& lost = host.sight ? host.sight->lost : std::vector<deploy::Kept>{};
            if (std::any_of(lost.begin(), lost.end(), [&](const deploy::Kept& kept) {
                    return kept.name == target.to;
                })) {
                add(services.say(Id::rollback_plan_lost, fmt::arg("host", host.host)));
            }
        }
    } else if (target.kept_at) {
        add(services.say(
            Id::rollback_plan_kept,
            fmt::arg("date", services.date(Time(std::chrono::seconds(*target.kept_at))))));
    }
    if (target.changed) {
        add(services.say(Id::rollback_plan_changed));
    } else if (target.change_unknown) {
        add(services.say(Id::rollback_plan_change_unknown));
    }
    for (const deploy::HostLook& host : hosts.looked_at) {
        if (!host.sight) {
            add(services.say(Id::rollback_plan_silent, fmt::arg("host", host.host)));
        }
    }
    return text;
}

[[noreturn]] void refuse_unasked() {
    throw Error(ErrorKind::refused,
                "needs_yes",
                phrase(Id::rollback_needs_yes),
                phrase(Id::rollback_needs_yes_hint));
}

// By a run of another environment from the same tree, or by something that says no run.
[[noreturn]] void refuse_held(const RollbackHosts::Running& other) {
    if (other.run_id.empty()) {
        throw Error(ErrorKind::refused,
                    "lock_held",
                    phrase(Id::rollback_lock_held, fmt::arg("host", other.host)),
                    phrase(Id::rollback_lock_held_hint));
    }
    const std::string command = "loomrel cancel " + other.run_id;
    throw Error(ErrorKind::refused,
                "run_in_progress",
                phrase(Id::rollback_running,
                       fmt::arg("host", other.host),
                       fmt::arg("run", other.run_id),
                       fmt::arg("holder", other.holder)),
                Phrase{command, command});
}

// Names the run that is under way, at once; cancels it if that is wanted. True = it was cancelled.
bool make_way(Services& services, RollbackHosts& hosts, const RollbackOptions& options) {
    if (const auto other = hosts.held_by_another()) {
        refuse_held(*other);
    }
    const auto running = hosts.running();
    if (!running) {
        return false;
    }
    const std::string text = services.say(Id::rollback_running,
                                          fmt::arg("host", running->host),
                                          fmt::arg("run", running->run_id),
                                          fmt::arg("holder", running->holder));
    bool wanted = options.cancel_running;
    if (options.dry_run && wanted) {
        services.note(text);
        services.note(services.say(Id::rollback_would_cancel, fmt::arg("run", running->run_id)));
        return false;
    }
    if (wanted && !options.yes && !services.io().can_prompt()) {
        refuse_unasked();
    }
    if (!(wanted && options.yes) && !options.dry_run && services.io().can_prompt()) {
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
    hosts.look();
    return true;
}

// Cancelling took away what a deploy had begun, and put back one version on every host: that is
// where a rollback without a target was to lead.
bool is_put_back(const RollbackHosts& hosts, const std::vector<deploy::HostLook>& before) {
    // Hosts that were slow this time stand behind the others.
    const auto& after = hosts.looked_at;
    return std::all_of(before.begin(), before.end(), [&](const deploy::HostLook& then) {
        const auto now = std::find_if(after.begin(), after.end(), [&](const deploy::HostLook& one) {
            return one.host == then.host;
        });
        return now != after.end() && then.sight && now->sight && then.sight->serving.empty()
               && now->sight->how == "restore" && after.front().sight
               && now->sight->serves == after.front().sight->serves;
    });
}

void ask(Services& services, const std::string& plan, const RollbackOptions& options) {
    if (options.yes) {
        services.note(plan);
        return;
    }
    if (!services.io().can_prompt()) {
        refuse_unasked();
    }
    services.io().err(plan);
    if (!services.confirm(services.say(Id::rollback_question))) {
        throw Error(ErrorKind::refused, "declined", phrase(Id::rollback_declined));
    }
}

ExitCode
tell_already(Services& services, const RollbackHosts& hosts, const RollbackTarget& target) {
    const std::string text = services.say(Id::rollback_already,
                                          fmt::arg("service", hosts.settings.service),
                                          fmt::arg("to", target.to),
                                          fmt::arg("environment", hosts.settings.environment));
    if (services.json()) {
        nlohmann::ordered_json there = nlohmann::ordered_json::array();
        for (const deploy::HostLook& host : hosts.looked_at) {
            there.push_back({{"host", host.host},
                             {"ok", true},
                             {"steps", nlohmann::ordered_json::array()},
                             {"serves", host.sight->serves}});
        }
        services.out_json({{"release_id", nullptr},
                           {"service", hosts.settings.service},
                           {"tag", target.to},
                           {"environment", hosts.settings.environment},
                           {"status", ""},
                           {"commit", target.commit},
                           {"ok", true},
                           {"exit", 0},
                           {"already", true},
                           {"run_id", ""},
                           {"log", ""},
                           {"duration_ms", 0},
                           {"hosts", std::move(there)},
                           {"failure", nullptr}});
        services.note(text);
    } else {
        services.out(text + "\n");
    }
    return ExitCode::ok;
}

} // namespace

ExitCode run_rollback(Services& services, const RollbackOptions& options) {
    services.exit_code_is_the_result();
    services.must_go_on();
    if (options.host) {
        services.do_without_config();
    }
    if (options.to && !release::is_commit(*options.to) && !release::is_safe_ref(*options.to)) {
        release::check_release_tag(*options.to);
    }
    check_may_be_unapproved(services, options);
    // A host that does not answer is waited for when all is told, not before a refusal.
    const auto kept = std::make_shared<RollbackHosts>(services, options);
    services.keep_to_the_end(kept);
    RollbackHosts& hosts = *kept;
    hosts.look();
    const std::vector<deploy::HostLook> before = hosts.looked_at;
    if (make_way(services, hosts, options) && !options.to && is_put_back(hosts, before)) {
        RollbackTarget back;
        back.to = hosts.looked_at.front().sight->serves;
        back.commit = hosts.looked_at.front().sight->commit;
        (void)operations::ledger_if_it_answers(
            services.context(), services, Services::Purpose::looking, [&](store::Store& ledger) {
                if (!options.host) {
                    conclude_open_runs(
                        services, ledger, hosts.settings.service, hosts.settings.environment);
                }
            });
        return tell_already(services, hosts, back);
    }
    RollbackTarget target = deploy::choose_target(hosts.looked_at,
                                                  {options.to,
                                                   hosts.settings.service,
                                                   hosts.settings.environment,
                                                   options.host.value_or(""),
                                                   options.identity.value_or("")});
    if (target.already) {
        if (!options.dry_run) {
            set_outputs(
                services,
                {{"release_id", ""}, {"status", ""}, {"commit", target.commit}, {"log", ""}});
        }
        return tell_already(services, hosts, target);
    }
    if (target.rebuild && options.kept_only) {
        refuse_not_kept(services, hosts, target, options);
    }
    if (target.rebuild && deploy::is_unproven(hosts.settings)) {
        refuse_unproven(services, hosts, target, options);
    }
    const bool must_be_proven = target.rebuild && hosts.settings.environment == "prod";
    if (must_be_proven) {
        target.commit = prove(services, hosts, target, options);
    }
    deploy::Plan plan =
        rollback_plan(services, hosts, target, services.actor(), options.skip_hooks);
    plan.request.unapproved = must_be_proven && target.commit.empty();
    const std::string text = plan_text(services, hosts, target);
    // What is kept has served, whatever the ledger says; only a rebuild has to be believed.
    const auto purpose =
        must_be_proven ? Services::Purpose::production : Services::Purpose::looking;
    if (options.dry_run) {
        if (!services.json()) {
            services.out(text);
        }
        return show_dry_run(services, plan, hosts.hosts);
    }
    if (plan.request.unapproved) {
        ask_by_typing(services, text, target.to);
    } else {
        ask(services, text, options);
    }
    RunSession session(services, plan.settings, hosts.hosts, hosts.take_connections());
    session.begin_connecting();
    session.set_rollback_from(target.from);
    store::Run run = rollback_row(services, plan, target, session.host_names());
    if (plan.request.unapproved) {
        keep_unapproved(services, run, target.from);
    }
    const auto store = operations::ledger_if_it_answers(
        services.context(), services, purpose, [&](store::Store& ledger) {
            // A deploy that nobody watched to its end first gets its release where it belongs; with
            // a host out of reach that would take its time, and is left to reconcile.
            if (!options.host && hosts.all_answered()) {
                conclude_open_runs(services, ledger, run.service, run.environment);
            }
            const bool alone = hosts.all_answered() && !options.cancel_running;
            claim_rollback(ledger, run, target.from, services.actor(), "cli", alone);
        });
    if (store) {
        session.set_store(*store);
    } else {
        run.release_id.reset();
        session.spool_only();
    }
    const ExitCode code = session.run(plan, run);
    if (store && plan.request.unapproved) {
        tell_now(services, *store);
    }
    return code;
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
        .flag("--kept-only", Id::cli_help_kept_only, options->kept_only)
        .flag("--unapproved", Id::cli_help_unapproved, options->unapproved)
        .flag("--yes", Id::cli_help_yes, options->yes)
        .flag("--dry-run", Id::cli_help_dry_run, options->dry_run)
        .runs([options](Services& services) { return run_rollback(services, *options); });
}

} // namespace loomrel::cli
