#include "cli/commands/release/approvals.hpp"
#include "cli/commands/release/decision.hpp"
#include "cli/commands/release/release.hpp"
#include "lib/base/random.hpp"
#include "lib/base/shell_quote.hpp"
#include "lib/base/text.hpp"
#include "lib/bot/shown.hpp"
#include "lib/operations/stage_sight.hpp"
#include "lib/release/exclusion.hpp"

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;
using release::Status;
using store::Decided;

DecisionCase
open_case(Services& services, const ReleaseDecideOptions& options, store::Verdict verdict) {
    if (!options.as) {
        throw Error(ErrorKind::usage,
                    "who_decides",
                    phrase(Id::approval_who_missing),
                    phrase(Id::approval_who_missing_hint));
    }
    // The ledger's own, where a `serve` has written them: a configuration only says what holds
    // where none ever did.
    const release::ApprovalRules rules = services.store(Services::Purpose::production)
                                             .approval_rules()
                                             .value_or(services.config().approval_rules());
    DecisionCase found;
    found.approver = find_approver(rules, *options.as);
    found.row = find_release(services, options.id);
    const auto events = services.store(Services::Purpose::production).events(found.row.id);
    found.question = release::times_asked(events);
    found.settings = bot::settings_named(events);
    found.verdict = verdict;
    found.service = sanitize_line(found.row.service_name);
    found.tag = sanitize_line(found.row.release_tag);
    found.council.needed =
        rules.quorum > 0 ? rules.quorum : static_cast<int>(rules.approvers.size());
    // Who rejects does not have to find others.
    if (found.approves()) {
        const release::Origin origin = found.row.origin();
        check_not_own(rules, found.approver, origin);
        check_sender(rules, origin);
        found.council = council_of(rules, origin);
        found.rules = rules;
    }
    return found;
}

// That it was refused stands in the release's history.
void note_other_on_stage(Services& services, const DecisionCase& decided) {
    store::NewNote note;
    note.id = random_uuid();
    note.release_id = decided.row.id;
    note.actor = services.actor();
    note.source = "cli";
    note.detail = R"({"refused":"decision","conflict":"stage"})";
    try {
        (void)services.store(Services::Purpose::releases).note_event(note);
    } catch (const Error& error) {
        // An approver's own key decides, and writes no history.
        if (error.code() != store::k_out_of_scope) {
            throw;
        }
    }
}

nlohmann::ordered_json decided_json(const DecisionCase& decided,
                                    const std::string& status,
                                    const std::vector<store::Approval>& approvals) {
    return {{"release_id", decided.row.id},
            {"status", status},
            {"commit", decided.commit()},
            {"settings", decided.settings},
            {"approvals", approvals_json(approvals)},
            {"needed", decided.council.needed}};
}

// Nothing is written. What stage serves is asked when it is.
ExitCode show_plan(Services& services, const DecisionCase& decided) {
    const auto status = decided.row.state();
    const auto approvals = services.store(Services::Purpose::production).approvals(decided.row.id);
    const bool may = status == Status::manual_testing
                     || (!decided.approves() && status == Status::manual_test_passed);
    if (!may) {
        Decided answer;
        answer.status = decided.row.status;
        refuse_decided(decided, answer);
    }
    if (services.json()) {
        auto object = decided_json(decided, decided.row.status, approvals);
        object["dry_run"] = true;
        object["would_record"] = {{"by", decided.approver.name},
                                  {"decision", to_string(decided.verdict)},
                                  {"commit", decided.commit()}};
        const Status then = status_after(decided, approvals);
        object["would_be"] = to_string(then);
        object["enough"] = then != Status::manual_testing;
        services.out_json(object);
    } else {
        tell_decision_plan(services, decided, approvals);
    }
    return ExitCode::ok;
}

// Whoever has stage's credentials looks before he approves (design 13.4). What is not to be
// approved anyhow is for the ledger to refuse.
store::Seen
see_stage(Services& services, const ReleaseDecideOptions& options, const DecisionCase& decided) {
    if (!decided.approves() || !bot::can_be_approved(decided.row)) {
        return store::Seen::unasked;
    }
    if (!operations::can_look_at_stage(services.config(), decided.row.service_name)) {
        services.note(services.say(Id::approval_ci_word));
        return store::Seen::unasked;
    }
    const operations::StageSight sight = operations::look_at_stage(services.context(), decided.row);
    switch (sight.what) {
    case operations::StageSight::What::same:
        return store::Seen::seen;
    case operations::StageSight::What::other:
        note_other_on_stage(services, decided);
        refuse_seen_other(decided, sight.serves);
    case operations::StageSight::What::silent:
        break;
    }
    const std::string why = sanitize_line(sight.reason);
    const auto reason = fmt::arg("reason", why);
    if (!options.yes && !services.io().can_prompt()) {
        throw Error(ErrorKind::refused,
                    "stage_silent",
                    phrase(Id::approval_stage_silent, reason),
                    phrase(Id::approval_stage_silent_hint,
                           fmt::arg("id", decided.row.id),
                           fmt::arg("who", typed_word(options.as.value_or("")))));
    }
    services.note(services.say(Id::approval_stage_silent, reason));
    return store::Seen::silent;
}

// What is approved is shown before it is (design 13.4): a terminal is asked, anything else is told.
void show_and_ask(Services& services,
                  const ReleaseDecideOptions& options,
                  const DecisionCase& decided,
                  store::Seen stage) {
    if (!decided.approves() || !bot::can_be_approved(decided.row)) {
        return;
    }
    const std::string shown = shown_to_approver(services, decided);
    if (options.yes || !services.io().can_prompt()) {
        services.note(shown);
        return;
    }
    services.io().err(shown + "\n"); // --quiet hides no question
    const Id question =
        stage == store::Seen::silent ? Id::approval_stage_silent_question : Id::approval_question;
    if (!services.confirm(services.say(question))) {
        throw Error(ErrorKind::refused, "declined", phrase(Id::rollback_declined));
    }
}

store::Decision
decision_of(Services& services, const ReleaseDecideOptions& options, const DecisionCase& decided) {
    store::Decision decision;
    decision.id = random_uuid();
    decision.release_id = decided.row.id;
    decision.commit = decided.commit();
    decision.question = decided.question;
    decision.approver_id = decided.approver.id;
    decision.approver_name = decided.approver.name;
    decision.typed_by = services.actor();
    decision.verdict = decided.verdict;
    decision.reason = options.reason.value_or("");
    decision.rules = services.config().approval_rules();
    decision.source = "cli";
    return decision;
}

ExitCode decide(Services& services, const ReleaseDecideOptions& options, store::Verdict verdict) {
    const DecisionCase decided = open_case(services, options, verdict);
    if (options.dry_run) {
        return show_plan(services, decided);
    }
    store::Decision decision = decision_of(services, options, decided);
    decision.stage = see_stage(services, options, decided);
    show_and_ask(services, options, decided, decision.stage);
    const Decided answer = services.store(Services::Purpose::production).decide(decision);
    if (answer.what == Decided::What::absent) {
        (void)find_release(services, options.id); // says that there is none
    }
    if (answer.what == Decided::What::refused) {
        refuse_decided(decided, answer);
    }
    if (services.json()) {
        services.out_json(decided_json(decided, answer.status, answer.approvals));
    } else {
        tell_decided(services, decided, answer);
    }
    return ExitCode::ok;
}

} // namespace

ExitCode run_release_approve(Services& services, const ReleaseDecideOptions& options) {
    return decide(services, options, store::Verdict::approved);
}

ExitCode run_release_reject(Services& services, const ReleaseDecideOptions& options) {
    return decide(services, options, store::Verdict::rejected);
}

} // namespace loomrel::cli
