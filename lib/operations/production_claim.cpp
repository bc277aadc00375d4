#include "lib/operations/production_claim.hpp"

#include "lib/base/random.hpp"
#include "lib/base/shell_quote.hpp"
#include "lib/base/text.hpp"
#include "lib/messages/status_texts.hpp"
#include "lib/release/exclusion.hpp"

#include <utility>

namespace loomrel::operations {

namespace {

using messages::Id;
using messages::phrase;
using release::Release;
using release::Status;

std::string status_of(const Context& context, const Release& release) {
    const auto state = release.state();
    return state ? messages::label(context.language, *state) : sanitize_line(release.status);
}

[[noreturn]] void refuse(const char* code, const Release& release, Phrase message, Id hint_text) {
    throw Error(ErrorKind::refused,
                code,
                std::move(message),
                phrase(hint_text,
                       fmt::arg("id", release.id),
                       fmt::arg("service", typed_word(release.service_name)),
                       fmt::arg("tag", typed_word(release.release_tag))));
}

Phrase sentence(const Context& context, Id text, const Release& release) {
    return phrase(text,
                  fmt::arg("id", release.id),
                  fmt::arg("tag", sanitize_line(release.release_tag)),
                  fmt::arg("status", status_of(context, release)));
}

// What the status says, before anything is asked of the ledger to be changed.
void check_status(const Context& context, const Release& release) {
    const auto state = release.state();
    if (state == Status::manual_test_passed || state == Status::production_failed) {
        return;
    }
    const bool not_yet = state == Status::initiated || state == Status::building
                         || state == Status::stage_deploy || state == Status::manual_testing;
    if (not_yet) {
        refuse("not_approved",
               release,
               sentence(context, Id::prod_not_approved, release),
               Id::prod_not_approved_hint);
    }
    refuse("status_forbids",
           release,
           sentence(context, Id::prod_status_forbids, release),
           Id::prod_status_forbids_hint);
}

store::Claim claim_of(const Context& context, const Release& release, store::Run run, bool older) {
    store::Claim claim;
    claim.id = random_uuid();
    claim.release_id = release.id;
    claim.actor = context.caller.actor;
    claim.source = context.caller.source;
    // The dispatcher says why the deploy that it was to begin did not.
    claim.tells_people = context.caller.source == "serve";
    claim.run = std::move(run);
    claim.older = older;
    claim.rules = context.config.approval_rules();
    return claim;
}

// The release's row may have been read before it was known who sent it.
[[noreturn]] void refuse_sender(const Context& context, const Release& release) {
    const auto ledger = context.open_ledger(Purpose::production, std::nullopt, /*must_exist=*/true);
    const Release now = find_release(*ledger, release.id);
    release::check_sender(ledger->approval_rules().value_or(context.config.approval_rules()),
                          now.origin());
    throw Error(ErrorKind::refused, "sender_unknown", phrase(Id::event_why_sender));
}

[[noreturn]] void refuse_taken(const Context& context, Release release, const std::string& status) {
    release.status = status;
    refuse("claimed", release, sentence(context, Id::prod_taken, release), Id::prod_taken_hint);
}

} // namespace

void refuse_claim(const Context& context,
                  const Release& release,
                  const store::Claimed& claimed,
                  bool foreseen) {
    Release now = release;
    now.status = claimed.status;
    const Id asked = foreseen ? Id::prod_would_ask_hint : Id::prod_expired_hint;
    const auto text = [&](Id id) { return sentence(context, id, now); };
    if (claimed.conflict == "no_commit") {
        refuse("no_commit", now, text(Id::prod_no_commit), Id::prod_no_commit_hint);
    }
    if (claimed.conflict == "sender") {
        refuse_sender(context, now);
    }
    if (claimed.conflict == "expired") {
        refuse("approval_expired", now, text(Id::prod_expired), asked);
    }
    if (claimed.conflict == "approvals") {
        refuse("approvals_missing", now, text(Id::prod_rules), asked);
    }
    if (claimed.conflict == "outrun") {
        refuse("superseded",
               now,
               phrase(Id::prod_outrun,
                      fmt::arg("id", now.id),
                      fmt::arg("tag", sanitize_line(now.release_tag)),
                      fmt::arg("newer", sanitize_line(claimed.outrun_by))),
               Id::prod_superseded_hint);
    }
    if (claimed.conflict == "settings") {
        throw Error(ErrorKind::refused,
                    "settings_differ",
                    phrase(Id::prod_settings,
                           fmt::arg("id", now.id),
                           fmt::arg("tag", sanitize_line(now.release_tag)),
                           fmt::arg("keys", sanitize_line(join(claimed.settings, ", ")))),
                    phrase(foreseen ? asked : Id::prod_settings_hint, fmt::arg("id", now.id)));
    }
    if (claimed.conflict == "run" && claimed.there) {
        const std::string command = "loomrel attach " + claimed.there->id;
        throw Error(ErrorKind::refused, "claimed", text(Id::prod_taken), {command, command});
    }
    check_status(context, now);
    refuse("conflict", now, text(Id::prod_status_forbids), Id::prod_status_forbids_hint);
}

store::Run claim_production(const Context& context,
                            store::Store& store,
                            const Release& release,
                            store::Run run,
                            bool older) {
    const store::Claim claim = claim_of(context, release, std::move(run), older);
    const store::Claimed claimed = store.claim(claim);
    switch (claimed.what) {
    case store::Claimed::What::done:
        return *claim.run;
    case store::Claimed::What::already:
        if (claimed.there) {
            return *claimed.there;
        }
        break;
    case store::Claimed::What::refused:
        refuse_claim(context, release, claimed);
    case store::Claimed::What::absent:
        (void)find_release(store, release.id); // says that there is none
        break;
    }
    refuse_taken(context, release, claimed.status);
}

void foresee_claim(const Context& context,
                   store::Store& ledger,
                   const Release& release,
                   const Deploying& deploying) {
    const store::Claimed claimed = ledger.foresee_claim(
        claim_of(context, release, run_row(context, deploying), deploying.plan.request.older));
    switch (claimed.what) {
    case store::Claimed::What::done:
        return;
    case store::Claimed::What::already:
        break;
    case store::Claimed::What::refused:
        refuse_claim(context, release, claimed, /*foreseen=*/true);
    case store::Claimed::What::absent:
        (void)find_release(ledger, release.id); // says that there is none
        break;
    }
    refuse_taken(context, release, claimed.status);
}

} // namespace loomrel::operations
