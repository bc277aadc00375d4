#include "lib/operations/rollback.hpp"

#include "lib/base/random.hpp"
#include "lib/base/shell_quote.hpp"
#include "lib/base/text.hpp"
#include "lib/deploy/shown_settings.hpp"
#include "lib/deploy/take_over.hpp"
#include "lib/operations/conclude.hpp"
#include "lib/operations/deploy_plan.hpp"
#include "lib/operations/ledger.hpp"
#include "lib/operations/production_claim.hpp"
#include "lib/operations/rollback_proof.hpp"
#include "lib/operations/run_subject.hpp"
#include "lib/release/names.hpp"
#include "lib/store/spool/rollback.hpp"

namespace loomrel::operations {

using deploy::RollbackTarget;
using messages::Id;

RollbackTarget choose_rollback(const RollbackHosts& hosts, const RollbackRequest& request) {
    return deploy::choose_target(hosts.looked_at,
                                 {request.to,
                                  hosts.settings.service,
                                  hosts.settings.environment,
                                  request.host.value_or(""),
                                  request.identity.value_or("")});
}

bool must_be_proven(const RollbackHosts& hosts, const RollbackTarget& target) {
    return target.rebuild && hosts.settings.environment == k_production;
}

deploy::Plan plan_rollback(const Context& context,
                           Console& console,
                           const RollbackHosts& hosts,
                           RollbackTarget& target,
                           const RollbackRequest& request) {
    if (target.rebuild && request.kept_only) {
        refuse_not_kept(context, console, hosts, target, request);
    }
    if (target.rebuild && deploy::is_unproven(hosts.settings)) {
        refuse_unproven(context, console, hosts, target, request);
    }
    if (must_be_proven(hosts, target)) {
        target.commit = prove(context, console, hosts, target, request);
    }
    deploy::Plan plan = rollback_plan(context, hosts, target, request.skip_hooks);
    plan.request.unapproved = must_be_proven(hosts, target) && target.commit.empty();
    return plan;
}

deploy::Plan rollback_plan(const Context& context,
                           const RollbackHosts& hosts,
                           const RollbackTarget& target,
                           bool skip_hooks) {
    deploy::Request request;
    request.run_id = random_uuid();
    request.kind = store::RunKind::rollback;
    request.tag = target.to;
    request.by = context.caller.actor;
    request.link = context.caller.link;
    request.to = target.to_id;
    request.from = target.from_id;
    request.rebuild = target.rebuild;
    // What is built is what was good here, or nothing: a tag can be moved.
    request.commit = target.rebuild ? target.commit : "";
    request.skip_hooks = skip_hooks;
    deploy::Plan plan =
        hosts.by_kept_program
            ? deploy::plan_by_kept_program(request, hosts.settings, context.language, random_hex(8))
            : deploy::make_plan(request, hosts.settings, context.language, random_hex(8));
    // Everywhere at once: there is no canary for what has served before.
    plan.settings.canary = static_cast<int>(hosts.hosts.size());
    return plan;
}

Error unproven_rebuild(const RollbackHosts& hosts, const RollbackTarget& target) {
    const auto& own = hosts.settings.of_repository;
    const std::string keys = own.empty() ? "loomrel.toml" : join({own.begin(), own.end()}, ", ");
    return {
        ErrorKind::refused,
        "settings_differ",
        messages::phrase(Id::rollback_unproven, fmt::arg("to", target.to), fmt::arg("keys", keys)),
        messages::phrase(Id::rollback_unproven_hint,
                         fmt::arg("host", typed_word(hosts.looked_at.front().host)),
                         fmt::arg("service", hosts.settings.service),
                         fmt::arg("to", target.to))};
}

store::Run rollback_row(const Context& context,
                        const RollbackHosts& hosts,
                        const RollbackTarget& target,
                        const deploy::Plan& plan) {
    store::Run run;
    run.id = plan.request.run_id;
    run.service = plan.settings.service;
    run.environment = plan.settings.environment;
    run.kind = store::RunKind::rollback;
    run.ref = "refs/tags/" + target.to;
    run.commit = target.commit;
    run.github_run_id = context.caller.asker.github_run_id;
    run.github_run_attempt = context.caller.asker.attempt;
    sign(context, run);
    for (const deploy::HostLook& host : hosts.looked_at) {
        run.hosts.push_back(host.host);
    }
    run.started_at = context.clock(); // for a ledger that is told late
    return run;
}

std::optional<std::string>
commit_that_served(store::Store& store, const std::string& service, const std::string& tag) {
    store::RunQuery query;
    query.service = service;
    query.environment = "prod";
    query.ref = "refs/tags/" + tag;
    query.good_only = true;
    for (const store::Run& run : store.list_runs(query)) {
        // A row without a commit proves nothing, nor does one that was written afterwards.
        if (release::is_commit(run.commit) && run.source.empty()) {
            return run.commit;
        }
    }
    return std::nullopt;
}

void refuse_beside(const store::Run& other) {
    const std::string command = "loomrel attach " + other.id;
    throw Error(ErrorKind::refused,
                "run_in_progress",
                messages::phrase(Id::rollback_running,
                                 fmt::arg("host", join(other.hosts, ", ")),
                                 fmt::arg("run", other.id),
                                 fmt::arg("holder", short_ref(other.ref))),
                Phrase{command, command});
}

namespace {

// Two that were asked for at once: one is at it.
void check_nobody_is_at_it(store::Store& store, const store::Run& run) {
    store::RunQuery query;
    query.service = run.service;
    query.environment = run.environment;
    query.open_only = true;
    for (const store::Run& other : store.list_runs(query)) {
        if (other.kind == store::RunKind::rollback && !is_unwatched(other)) {
            refuse_beside(other);
        }
    }
}

} // namespace

void claim_rollback(const Context& context,
                    store::Store& store,
                    store::Run& run,
                    const std::string& from,
                    bool alone) {
    if (run.environment == "prod") {
        run.release_id = store::release_to_roll_back(store, run.service, from);
    }
    if (run.release_id) {
        store::Change change;
        change.id = random_uuid();
        change.release_id = *run.release_id;
        change.actor = context.caller.actor;
        change.source = context.caller.source;
        change.steps = {{release::Move::rollback, "{}"}};
        change.open_run = run;
        const auto changed = store.apply(change);
        if (changed.what == store::Changed::What::done) {
            return;
        }
        // Already in rollback, by somebody who is at it or who did not end it: then this run
        // concludes it.
        if (alone) {
            check_nobody_is_at_it(store, run);
        }
    }
    const store::Opened opened = store.open_run(run);
    if (!opened.opened && opened.there && opened.there->id != run.id) {
        refuse_beside(*opened.there);
    }
}

namespace {

// Whoever goes back from what somebody else put there does not go back from what the ledger
// believes. That it could not be told holds no rollback up.
void tell_of_hosts(const Context& context,
                   Console& console,
                   store::Store& ledger,
                   const store::Run& run,
                   const RollbackHosts& hosts) {
    try {
        deploy::take_over(ledger,
                          deploy::compare(ledger, run.service, run.environment, hosts.looked_at));
    } catch (const Error& error) {
        console.note(context.redactor.redact(in(context.language, error.message())) + "\n");
    }
}

} // namespace

std::unique_ptr<store::Store> begin_rollback(const Context& context,
                                             Console& console,
                                             const RollbackHosts& hosts,
                                             const RollbackTarget& target,
                                             const deploy::Plan& plan,
                                             store::Run& run,
                                             bool alone) {
    if (plan.request.unapproved) {
        keep_unapproved(context, run, target.from);
    }
    // What is kept has served, whatever the ledger says; only a rebuild has to be believed.
    const Purpose purpose = must_be_proven(hosts, target) ? Purpose::production : Purpose::looking;
    auto store = ledger_if_it_answers(context, console, purpose, [&](store::Store& ledger) {
        // A deploy that nobody watched to its end first gets its release where it belongs; with a
        // host out of reach that would take its time, and is left to reconcile.
        if (!hosts.is_typed() && hosts.all_answered()) {
            conclude_open_runs(context, console, ledger, run.service, run.environment);
            tell_of_hosts(context, console, ledger, run, hosts);
        }
        claim_rollback(context, ledger, run, target.from, alone);
    });
    if (!store) {
        run.release_id.reset();
    }
    return store;
}

} // namespace loomrel::operations
