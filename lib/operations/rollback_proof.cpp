#include "lib/operations/rollback_proof.hpp"

#include "lib/base/random.hpp"
#include "lib/base/text.hpp"
#include "lib/operations/ledger.hpp"
#include "lib/operations/rollback.hpp"
#include "lib/operations/run_subject.hpp"
#include "lib/store/spool/rollback.hpp"
#include "lib/store/spool/spool.hpp"

#include <nlohmann/json.hpp>

namespace loomrel::operations {

using deploy::RollbackTarget;
using messages::Id;
using messages::phrase;

// Only a person at a terminal lets into production what nothing proves (design 13.2).
void check_may_be_unapproved(const Console& console,
                             bool unapproved,
                             const std::optional<std::string>& to) {
    if (unapproved && !console.is_person_here()) {
        throw Error(ErrorKind::refused,
                    "needs_terminal",
                    phrase(Id::rollback_unapproved_terminal),
                    phrase(Id::rollback_unapproved_terminal_hint));
    }
    if (unapproved && !to) {
        throw Error(ErrorKind::usage,
                    "target_missing",
                    phrase(Id::rollback_unapproved_to),
                    phrase(Id::rollback_unapproved_to_hint));
    }
}

namespace {

// That it was asked for and refused stands in the history of the release that serves.
void note_refused(const Context& context,
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
    note.actor = context.caller.actor;
    note.source = context.caller.source;
    note.detail =
        nlohmann::json{{"refused", "rollback"}, {"to", target.to}, {"conflict", why}}.dump();
    (void)ledger.note_event(note);
}

void note_refused(const Context& context,
                  Console& console,
                  const RollbackHosts& hosts,
                  const RollbackTarget& target,
                  const RollbackRequest& request,
                  const char* why) {
    if (!request.dry_run) {
        (void)ledger_if_it_answers(context, console, Purpose::looking, [&](store::Store& ledger) {
            note_refused(context, ledger, hosts, target, why);
        });
    }
}

} // namespace

void refuse_not_kept(const Context& context,
                     Console& console,
                     const RollbackHosts& hosts,
                     const RollbackTarget& target,
                     const RollbackRequest& request) {
    note_refused(context, console, hosts, target, request, "not_kept");
    throw Error(ErrorKind::refused,
                "not_kept",
                phrase(Id::rollback_kept_only, fmt::arg("to", target.to)),
                phrase(Id::rollback_never_served_hint,
                       fmt::arg("environment", hosts.settings.environment),
                       fmt::arg("service", hosts.settings.service)));
}

void refuse_unproven(const Context& context,
                     Console& console,
                     const RollbackHosts& hosts,
                     const RollbackTarget& target,
                     const RollbackRequest& request) {
    note_refused(context, console, hosts, target, request, "settings");
    throw unproven_rebuild(hosts, target);
}

// The commit that a rebuild may build: one that ended a good run in production, by the ledger, or
// by the host's own record. "": nobody knows of one, and that is what was asked for.
std::string prove(const Context& context,
                  Console& console,
                  const RollbackHosts& hosts,
                  const RollbackTarget& target,
                  const RollbackRequest& request) {
    std::optional<std::string> commit;
    (void)ledger_if_it_answers(context, console, Purpose::production, [&](store::Store& ledger) {
        commit = commit_that_served(ledger, hosts.settings.service, target.to);
        if (!commit && !target.proven_by_host && !request.unapproved && !request.dry_run) {
            note_refused(context, ledger, hosts, target, "not_proven");
        }
    });
    if (!commit && target.proven_by_host) {
        commit = target.commit;
    }
    if (!commit && !request.unapproved) {
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

// Before anything is started: people hear of it whatever becomes of this program and of the ledger.
void keep_unapproved(const Context& context, const store::Run& run, const std::string& from) {
    store::Unapproved told;
    told.id = random_uuid();
    told.run_id = run.id;
    told.service = run.service;
    told.environment = run.environment;
    told.tag = short_ref(run.ref);
    told.from = from;
    told.actor = context.caller.actor;
    told.at = context.clock();
    make_spool(context).keep(told);
}

// The run has its result already; what cannot be told now is told by whoever comes next.
void tell_now(const Context& context, Console& console, store::Store& ledger) {
    try {
        (void)make_spool(context).deliver(ledger);
    } catch (const Error& error) {
        console.note(context.redactor.redact(in(context.language, error.message())));
    }
}

} // namespace loomrel::operations
