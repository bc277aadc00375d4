#include "cli/prod_deploy.hpp"

#include "cli/decision.hpp"
#include "cli/deploying.hpp"
#include "cli/dry_run.hpp"
#include "cli/find_run.hpp"
#include "cli/local_state.hpp"
#include "lib/base/random.hpp"
#include "lib/base/text.hpp"
#include "lib/messages/status_texts.hpp"
#include "lib/release/names.hpp"

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;
using release::Release;
using release::Status;

constexpr const char* k_prod = "prod";

std::string status_of(Services& services, const Release& release) {
    const auto state = release.state();
    return state ? messages::label(services.language(), *state) : sanitize_line(release.status);
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

Phrase sentence(Services& services, Id text, const Release& release) {
    return phrase(text,
                  fmt::arg("id", release.id),
                  fmt::arg("tag", sanitize_line(release.release_tag)),
                  fmt::arg("status", status_of(services, release)));
}

// What the status says, before anything is asked of the ledger to be changed.
void check_status(Services& services, const Release& release) {
    const auto state = release.state();
    if (state == Status::manual_test_passed || state == Status::production_failed) {
        return;
    }
    const bool not_yet = state == Status::initiated || state == Status::building
                         || state == Status::stage_deploy || state == Status::manual_testing;
    if (not_yet) {
        refuse("not_approved",
               release,
               sentence(services, Id::prod_not_approved, release),
               Id::prod_not_approved_hint);
    }
    refuse("status_forbids",
           release,
           sentence(services, Id::prod_status_forbids, release),
           Id::prod_status_forbids_hint);
}

// For a plan, which claims nothing: does the status allow it?
void check_production(Services& services, const Release& release) {
    check_status(services, release);
    if (!release.commit_sha || release.commit_sha->empty()) {
        refuse("no_commit",
               release,
               sentence(services, Id::prod_no_commit, release),
               Id::prod_no_commit_hint);
    }
}

// For a plan, which claims nothing: what the claim will say, as far as can be told from here.
void foresee_claim(Services& services, store::Store& store, const Release& release, bool older) {
    store::Claimed claimed;
    claimed.status = release.status;
    if (release.is_outrun() && !older) {
        const auto by = store.find_release(*release.superseded_by);
        claimed.conflict = "outrun";
        claimed.outrun_by = by ? by->release_tag : "#" + std::to_string(*release.superseded_by);
        refuse_claim(services, release, claimed);
    }
    std::vector<release::Vote> votes;
    for (const store::Approval& approval : store.approvals(release.id)) {
        if (approval.verdict == store::Verdict::approved) {
            votes.push_back({approval.approver_id,
                             std::chrono::duration_cast<Milliseconds>(now() - approval.at)});
        }
    }
    const auto rules = store.approval_rules().value_or(services.config().approval_rules());
    const auto text = [&](Id id) { return sentence(services, id, release); };
    switch (release::lack_of(rules, release.initiated_by, std::move(votes))) {
    case release::Lack::nothing:
        return;
    case release::Lack::approvals:
        refuse("approvals_missing", release, text(Id::prod_rules), Id::prod_would_ask_hint);
    case release::Lack::age:
        refuse("approval_expired", release, text(Id::prod_expired), Id::prod_would_ask_hint);
    }
}

std::int64_t release_id_of(const ProdDeployOptions& options) {
    if (!options.release_id) {
        throw Error(ErrorKind::usage,
                    "release_id_missing",
                    phrase(Id::prod_no_release),
                    phrase(Id::prod_no_release_hint));
    }
    return *options.release_id;
}

} // namespace

void refuse_claim(Services& services, const Release& release, const store::Claimed& claimed) {
    Release now = release;
    now.status = claimed.status;
    const auto text = [&](Id id) { return sentence(services, id, now); };
    if (claimed.conflict == "no_commit") {
        refuse("no_commit", now, text(Id::prod_no_commit), Id::prod_no_commit_hint);
    }
    if (claimed.conflict == "expired") {
        refuse("approval_expired", now, text(Id::prod_expired), Id::prod_expired_hint);
    }
    if (claimed.conflict == "approvals") {
        refuse("approvals_missing", now, text(Id::prod_rules), Id::prod_expired_hint);
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
                    phrase(Id::prod_settings_hint, fmt::arg("id", now.id)));
    }
    if (claimed.conflict == "run" && claimed.there) {
        const std::string command = "loomrel attach " + claimed.there->id;
        throw Error(ErrorKind::refused, "claimed", text(Id::prod_taken), {command, command});
    }
    check_status(services, now);
    refuse("conflict", now, text(Id::prod_status_forbids), Id::prod_status_forbids_hint);
}

store::Run claim_production(Services& services,
                            store::Store& store,
                            const Release& release,
                            store::Run run,
                            const Claimant& claimant,
                            bool older) {
    store::Claim claim;
    claim.id = random_uuid();
    claim.release_id = release.id;
    claim.actor = claimant.actor;
    claim.source = claimant.source;
    claim.run = std::move(run);
    claim.older = older;
    claim.rules = services.config().approval_rules();
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
        refuse_claim(services, release, claimed);
    case store::Claimed::What::absent:
        (void)find_release(store, release.id); // says that there is none
        break;
    }
    Release now = release;
    now.status = claimed.status;
    refuse("claimed", now, sentence(services, Id::prod_taken, now), Id::prod_taken_hint);
}

ExitCode run_prod_deploy(Services& services, const ProdDeployOptions& options) {
    services.exit_code_is_the_result();
    if (options.older && !services.is_person_here()) {
        throw Error(ErrorKind::refused, "needs_terminal", phrase(Id::prod_older_terminal));
    }
    deploy::Request request;
    request.tag = services.tag(options.tag);
    request.release_id = release_id_of(options);
    request.older = options.older;
    const std::string service = services.service(options.service);
    store::Store& store = services.store(Services::Purpose::production);
    if (!options.dry_run) {
        make_spool(services).deliver(store);
    }
    const Release release = find_release(store, *request.release_id);
    check_is_release_of(release, service, request.tag);
    // The commit is the one that was tested and approved, whatever the tag names now.
    request.commit = release.commit_sha.value_or("");
    Deploying deploying = prepare(services,
                                  std::move(request),
                                  services.config().deploy(service, k_prod),
                                  services.config().hosts(k_prod, service));
    const auto decision = deploy::decide(runs_of(store, release.id, k_prod), deploying.asker);
    // A run that has ended is the answer as long as the release is where it left it: not after a
    // rollback.
    const bool is_there =
        release.state() == Status::deployed || release.state() == Status::production_failed;
    const bool joins = decision.what == deploy::Decision::What::attach
                       || (decision.what == deploy::Decision::What::report && is_there);
    if (options.dry_run && joins) {
        return show_would_attach(services, *decision.run);
    }
    if (options.dry_run) {
        check_production(services, release);
        foresee_claim(services, store, release, options.older);
        return show_dry_run(services, deploying.plan, deploying.hosts);
    }
    RunSession session(services, deploying.plan.settings, deploying.hosts);
    session.set_store(store);
    if (joins) {
        return *join_or_report(services, session, deploying, decision);
    }
    conclude_open_runs(services, store, service, k_prod);
    const store::Run run = run_row(deploying, session);
    const store::Run open =
        claim_production(services, store, release, run, {services.actor(), "cli"}, options.older);
    if (open.id != run.id) {
        // Of several that were started at once, one claims and the others watch.
        return *join_or_report(
            services, session, deploying, {deploy::Decision::What::attach, open});
    }
    session.begin_connecting();
    return session.run(deploying.plan, run);
}

void register_prod_deploy(Command& parent) {
    auto options = std::make_shared<ProdDeployOptions>();
    parent.command("prod-deploy", Id::cli_prod_deploy_about)
        .option("--service", "S", Id::cli_help_service, &options->service)
        .option("--tag", "T", Id::cli_help_tag, &options->tag)
        .option("--release-id", "N", Id::cli_help_release_id, &options->release_id)
        .flag("--older", Id::cli_help_older, options->older)
        .flag("--dry-run", Id::cli_help_dry_run, options->dry_run)
        .runs([options](Services& services) { return run_prod_deploy(services, *options); });
}

} // namespace loomrel::cli
