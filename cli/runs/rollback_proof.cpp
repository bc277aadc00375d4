#include "cli/runs/rollback_proof.hpp"

#include "cli/runs/deploy_plan.hpp"
#include "cli/runs/rollback_run.hpp"
#include "cli/runs/run_result.hpp"
#include "lib/base/random.hpp"
#include "lib/base/text.hpp"
#include "lib/operations/ledger.hpp"
#include "lib/store/rollback.hpp"
#include "lib/store/spool.hpp"

#include <nlohmann/json.hpp>

namespace loomrel::cli {

using deploy::RollbackTarget;
using messages::Id;
using messages::phrase;

// Only a person at a terminal lets into production what nothing proves (design 13.2).
void check_may_be_unapproved(Services& services, const RollbackOptions& options) {
    if (options.unapproved && !services.is_person_here()) {
        throw Error(ErrorKind::refused,
                    "needs_terminal",
                    phrase(Id::rollback_unapproved_terminal),
                    phrase(Id::rollback_unapproved_terminal_hint));
    }
    if (options.unapproved && !options.to) {
        throw Error(ErrorKind::usage,
                    "target_missing",
                    phrase(Id::rollback_unapproved_to),
                    phrase(Id::rollback_unapproved_to_hint));
    }
}

namespace {

// That it was asked for and refused stands in the history of the release that serves.
void note_refused(Services& services,
                  store::Store& ledger,
                  const RollbackHosts& hosts,
                  const RollbackTarget& target,
                  const char* why) {
    const auto serving = store::release_to_roll_back(ledger, hosts.settings.service, target.from);
    if (!serving) {
        return;
    }
    store::NewNote note;
    note.id = random_uuid();
    note.release_id = *serving;
    note.actor = services.actor();
    note.source = "cli";
    note.detail =
        nlohmann::json{{"refused", "rollback"}, {"to", target.to}, {"conflict", why}}.dump();
    (void)ledger.note_event(note);
}

void note_refused(Services& services,
                  const RollbackHosts& hosts,
                  const RollbackTarget& target,
                  const RollbackOptions& options,
                  const char* why) {
    if (!options.dry_run) {
        (void)operations::ledger_if_it_answers(
            services.context(), services, Services::Purpose::looking, [&](store::Store& ledger) {
                note_refused(services, ledger, hosts, target, why);
            });
    }
}

} // namespace

void refuse_not_kept(Services& services,
                     const RollbackHosts& hosts,
                     const RollbackTarget& target,
                     const RollbackOptions& options) {
    note_refused(services, hosts, target, options, "not_kept");
    throw Error(ErrorKind::refused,
                "not_kept",
                phrase(Id::rollback_kept_only, fmt::arg("to", target.to)),
                phrase(Id::rollback_never_served_hint,
                       fmt::arg("environment", hosts.settings.environment),
                       fmt::arg("service", hosts.settings.service)));
}

void refuse_unproven(Services& services,
                     const RollbackHosts& hosts,
                     const RollbackTarget& target,
                     const RollbackOptions& options) {
    note_refused(services, hosts, target, options, "settings");
    throw unproven_rebuild(hosts, target);
}

// The commit that a rebuild may build: one that ended a good run in production, by the ledger, or
// by the host's own record. "": nobody knows of one, and that is what was asked for.
std::string prove(Services& services,
                  const RollbackHosts& hosts,
                  const RollbackTarget& target,
                  const RollbackOptions& options) {
    std::optional<std::string> commit;
    (void)operations::ledger_if_it_answers(
        services.context(), services, Services::Purpose::production, [&](store::Store& ledger) {
            commit = commit_that_served(ledger, hosts.settings.service, target.to);
            if (!commit && !target.proven_by_host && !options.unapproved && !options.dry_run) {
                note_refused(services, ledger, hosts, target, "not_proven");
            }
        });
    if (!commit && target.proven_by_host) {
        commit = target.commit;
    }
    if (!commit && !options.unapproved) {
        throw Error(ErrorKind::refused,
                    "never_served",
                    phrase(Id::rollback_not_proven,
                           fmt::arg("to", target.to),
                           fmt::arg("service", hosts.settings.service)),
                    phrase(Id::rollback_not_proven_hint,
                           fmt::arg("to", target.to),
                           fmt::arg("service", hosts.settings.service)));
    }
    return commit.value_or("");
}

// No --yes answers for it: the tag is typed once more.
void ask_by_typing(Services& services, const std::string& plan, const std::string& tag) {
    services.io().err(plan);
    services.io().err(services.say(Id::rollback_unapproved_question, fmt::arg("tag", tag)) + " ");
    if (std::string(trim(services.io().read_line().value_or(""))) != tag) {
        throw Error(ErrorKind::refused, "declined", phrase(Id::rollback_declined));
    }
}

// Before anything is started: people hear of it whatever becomes of this program and of the ledger.
void keep_unapproved(Services& services, const store::Run& run, const std::string& from) {
    store::Unapproved told;
    told.id = random_uuid();
    told.run_id = run.id;
    told.service = run.service;
    told.environment = run.environment;
    told.tag = short_ref(run.ref);
    told.from = from;
    told.actor = services.actor();
    told.at = services.now();
    operations::make_spool(services.context()).keep(told);
}

// The run has its result already; what cannot be told now is told by whoever comes next.
void tell_now(Services& services, store::Store& ledger) {
    try {
        (void)operations::make_spool(services.context()).deliver(ledger);
    } catch (const Error& error) {
        services.note(services.redactor().redact(in(services.language(), error.message())));
    }
}

} // namespace loomrel::cli
