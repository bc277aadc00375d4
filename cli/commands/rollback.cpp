#include "cli/commands/rollback.hpp"

#include "cli/context/report.hpp"
#include "cli/runs/dry_run.hpp"
#include "cli/runs/run_session.hpp"
#include "lib/base/text.hpp"
#include "lib/operations/conclude.hpp"
#include "lib/operations/ledger.hpp"
#include "lib/operations/rollback.hpp"
#include "lib/operations/rollback_proof.hpp"
#include "lib/release/names.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace loomrel::cli {

namespace {

using deploy::RollbackTarget;
using messages::Id;
using messages::phrase;
using operations::RollbackHosts;

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
    hosts.cancel(running->run_id);
    hosts.look();
    return true;
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

// No --yes answers for it: the tag is typed once more.
void ask_by_typing(Services& services, const std::string& plan, const std::string& tag) {
    services.io().err(plan);
    services.io().err(services.say(Id::rollback_unapproved_question, fmt::arg("tag", tag)) + " ");
    if (std::string(trim(services.io().read_line().value_or(""))) != tag) {
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

operations::RollbackRequest request_for(Services& services, const RollbackOptions& options) {
    services.must_go_on();
    if (options.host) {
        services.do_without_config();
    }
    if (options.to && !release::is_commit(*options.to) && !release::is_safe_ref(*options.to)) {
        release::check_release_tag(*options.to);
    }
    operations::check_may_be_unapproved(services, options.unapproved, options.to);
    operations::RollbackRequest request;
    request.service =
        options.host ? options.service.value_or("") : services.service(options.service);
    request.environment = options.environment;
    request.to = options.to;
    request.host = options.host;
    request.identity = options.identity;
    request.skip_hooks = options.skip_hooks;
    request.kept_only = options.kept_only;
    request.unapproved = options.unapproved;
    request.dry_run = options.dry_run;
    return request;
}

// Where cancelling led to what was wanted.
ExitCode tell_put_back(Services& services, const RollbackHosts& hosts) {
    RollbackTarget back;
    back.to = hosts.looked_at.front().sight->serves;
    back.commit = hosts.looked_at.front().sight->commit;
    const operations::Context& context = services.context();
    (void)operations::ledger_if_it_answers(
        context, services, Services::Purpose::looking, [&](store::Store& ledger) {
            if (!hosts.is_typed()) {
                operations::conclude_open_runs(
                    context, services, ledger, hosts.settings.service, hosts.settings.environment);
            }
        });
    return tell_already(services, hosts, back);
}

ExitCode tell_already_there(Services& services,
                            const RollbackHosts& hosts,
                            const RollbackTarget& target,
                            const RollbackOptions& options) {
    if (!options.dry_run) {
        set_outputs(services,
                    {{"release_id", ""}, {"status", ""}, {"commit", target.commit}, {"log", ""}});
    }
    return tell_already(services, hosts, target);
}

// The plan is what was wanted: it is run.
ExitCode carry_out(Services& services,
                   RollbackHosts& hosts,
                   const RollbackTarget& target,
                   const deploy::Plan& plan,
                   bool cancelled_another) {
    const operations::Context& context = services.context();
    RunSession session(services, plan.settings, hosts.hosts, hosts.take_connections());
    session.begin_connecting();
    session.set_rollback_from(target.from);
    store::Run run = operations::rollback_row(context, hosts, target, plan);
    const bool alone = hosts.all_answered() && !cancelled_another;
    const auto ledger =
        operations::begin_rollback(context, services, hosts, target, plan, run, alone);
    if (ledger) {
        session.set_ledger(*ledger);
    } else {
        session.spool_only();
    }
    const ExitCode code = session.run(plan, run);
    if (ledger && plan.request.unapproved) {
        operations::tell_now(context, services, *ledger);
    }
    return code;
}

} // namespace

ExitCode run_rollback(Services& services, const RollbackOptions& options) {
    services.exit_code_is_the_result();
    const operations::RollbackRequest request = request_for(services, options);
    const operations::Context& context = services.context();
    // A host that does not answer is waited for when all is told, not before a refusal.
    const auto kept = std::make_shared<RollbackHosts>(context, services, request);
    services.keep_to_the_end(kept);
    RollbackHosts& hosts = *kept;
    hosts.look();
    const std::vector<deploy::HostLook> before = hosts.looked_at;
    if (make_way(services, hosts, options) && !options.to && hosts.is_put_back(before)) {
        return tell_put_back(services, hosts);
    }
    RollbackTarget target = operations::choose_rollback(hosts, request);
    if (target.already) {
        return tell_already_there(services, hosts, target, options);
    }
    const deploy::Plan plan = operations::plan_rollback(context, services, hosts, target, request);
    const std::string text = plan_text(services, hosts, target);
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
    return carry_out(services, hosts, target, plan, options.cancel_running);
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
