#include "cli/runs/rollback_run.hpp"

#include "cli/runs/conclude.hpp"
#include "cli/runs/run_result.hpp"
#include "lib/base/random.hpp"
#include "lib/base/shell_quote.hpp"
#include "lib/base/text.hpp"
#include "lib/release/names.hpp"
#include "lib/store/rollback.hpp"

namespace loomrel::cli {

using deploy::RollbackTarget;
using messages::Id;

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
    request.link = services.github().link;
    request.to = target.to_id;
    request.from = target.from_id;
    request.rebuild = target.rebuild;
    // What is built is what was good here, or nothing: a tag can be moved.
    request.commit = target.rebuild ? target.commit : "";
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
    run.started_at = services.now(); // for a ledger that is told late
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

void claim_rollback(store::Store& store,
                    store::Run& run,
                    const std::string& from,
                    const std::string& actor,
                    const std::string& source,
                    bool alone) {
    if (run.environment == "prod") {
        run.release_id = store::release_to_roll_back(store, run.service, from);
    }
    if (run.release_id) {
        store::Change change;
        change.id = random_uuid();
        change.release_id = *run.release_id;
        change.actor = actor;
        change.source = source;
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

} // namespace loomrel::cli
