#include "cli/commands/release/release.hpp"
#include "cli/context/notices.hpp"
#include "lib/base/json_text.hpp"
#include "lib/base/random.hpp"
#include "lib/base/text.hpp"
#include "lib/bot/dispatcher.hpp"

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;
using What = loomrel::github::Dispatched::What;

void check_github(const config::GithubSettings& github) {
    if (github.token.empty()) {
        throw Error(ErrorKind::config,
                    "no_github_token",
                    phrase(Id::cli_dispatch_no_token),
                    phrase(Id::cli_dispatch_no_token_hint));
    }
    if (github.owner.empty()) {
        throw Error(ErrorKind::config,
                    "no_github_owner",
                    phrase(Id::cli_dispatch_no_owner),
                    phrase(Id::cli_dispatch_no_owner_hint));
    }
}

Phrase by_hand(const release::Release& row) {
    return phrase(Id::cli_dispatch_by_hand,
                  fmt::arg("service", row.service_name),
                  fmt::arg("tag", row.release_tag),
                  fmt::arg("release", row.id));
}

// The row by which serve starts this release's deploy: by hand it is done in its place, so that it
// happens once. A ledger behind an API does not show it.
class DispatchRow {
public:
    DispatchRow(store::Store& store, std::int64_t release_id)
        : m_ledger(dynamic_cast<store::ServerLedger*>(&store)),
          m_row(m_ledger == nullptr ? std::nullopt : m_ledger->newest_dispatch(release_id)) {}

    // The run that it began.
    [[nodiscard]] std::optional<std::string> begun() const {
        return bot::has_begun(m_row) ? std::optional(m_row->dispatch.run_link) : std::nullopt;
    }

    [[nodiscard]] bool is_unanswered() const { return bot::is_unanswered(m_row); }

    void about_to_send() {
        if (m_row) {
            m_ledger->settle_notice(bot::request_of(*m_row));
        }
    }

    void settle(const loomrel::github::Dispatched& result) {
        using Settled = store::Settlement::What;
        if (!m_row || result.what == What::unknown) {
            return; // serve looks for the run
        }
        if (result.what == What::started) {
            m_ledger->settle_notice({Settled::sent,
                                     m_row->id,
                                     "",
                                     Milliseconds{0},
                                     {store::DispatchState::Phase::started, 0, result.link}});
            return;
        }
        // It did not begin: what serve would do, with its own token and link, it still does.
        const bool parked = m_row->state == store::Notice::State::parked;
        m_ledger->settle_notice({parked ? Settled::parked : Settled::waiting,
                                 m_row->id,
                                 result.reason,
                                 result.retry_after});
    }

private:
    store::ServerLedger* m_ledger;
    std::optional<store::Notice> m_row;
};

// GitHub does not always say where the run is.
std::string link_behind(const char* separator, const std::string& link) {
    return link.empty() ? "" : separator + sanitize_line(link);
}

void ask_whether_again(Services& services, const Phrase& before) {
    if (!services.io().can_prompt()) {
        throw Error(ErrorKind::refused, "dispatched", before, phrase(Id::cli_dispatch_before_hint));
    }
    services.io().err(in(services.language(), before) + "\n");
    if (!services.confirm(services.say(Id::cli_dispatch_question))) {
        throw Error(ErrorKind::refused, "declined", phrase(Id::rollback_declined));
    }
}

[[noreturn]] void refuse(const loomrel::github::Dispatched& result, const release::Release& row) {
    if (result.what == What::unknown) {
        throw Error(ErrorKind::unknown_outcome,
                    "dispatch_unknown",
                    phrase(Id::cli_dispatch_unknown, fmt::arg("reason", result.reason)),
                    phrase(Id::cli_dispatch_unknown_hint));
    }
    throw Error(ErrorKind::refused,
                "dispatch_refused",
                phrase(Id::cli_dispatch_refused, fmt::arg("reason", result.reason)),
                by_hand(row));
}

// A ledger that is away now has the run's own claim to tell soon.
void note_dispatch(Services& services,
                   const release::Release& row,
                   const loomrel::github::Workflow& workflow,
                   const std::string& link) {
    store::NewNote note;
    note.id = random_uuid();
    note.release_id = row.id;
    note.actor = services.actor();
    note.source = "cli";
    note.detail = json_text(nlohmann::json{
        {"dispatch", "started"},
        {"link", link},
        {"workflow", workflow.owner + "/" + workflow.repository + ": " + workflow.file}});
    try {
        (void)services.store(Services::Purpose::production).note_event(note);
    } catch (const Error& error) {
        services.note(in(services.language(), error.message()));
    }
}

ExitCode show_plan(Services& services,
                   const loomrel::github::Workflow& workflow,
                   const release::Release& row) {
    const std::string repository = workflow.owner + "/" + workflow.repository;
    if (services.json()) {
        services.out_json({{"dry_run", true},
                           {"release_id", row.id},
                           {"repository", repository},
                           {"workflow", workflow.file},
                           {"ref", workflow.ref},
                           {"inputs", bot::prod_inputs(row)}});
    } else {
        services.out(fmt::format("{} {} ref={} release_id={} release_tag={}\n",
                                 repository,
                                 workflow.file,
                                 workflow.ref,
                                 row.id,
                                 row.release_tag));
    }
    return ExitCode::ok;
}

void check_can_dispatch(const config::Config& config, const release::Release& row) {
    if (row.state() != release::Status::manual_test_passed) {
        throw Error(ErrorKind::refused,
                    "not_approved",
                    phrase(Id::cli_dispatch_not_approved,
                           fmt::arg("release", row.id),
                           fmt::arg("status", sanitize_line(row.status))),
                    phrase(Id::cli_dispatch_not_approved_hint, fmt::arg("release", row.id)));
    }
    if (config.deploy(row.service_name, "prod").prod_by == "direct") {
        throw Error(
            ErrorKind::refused, "prod_by_direct", phrase(Id::cli_direct_here), by_hand(row));
    }
    check_github(config.github);
}

} // namespace

ExitCode run_release_dispatch(Services& services, const ReleaseDispatchOptions& options) {
    const config::Config& config = services.config();
    const release::Release row = find_release(services, options.id);
    check_can_dispatch(config, row);
    const loomrel::github::Workflow workflow = bot::prod_workflow(config, row);
    if (options.dry_run) {
        return show_plan(services, workflow, row);
    }
    DispatchRow outbox(services.store(Services::Purpose::production), row.id);
    if (const auto link = outbox.begun(); link && !options.yes) {
        ask_whether_again(
            services, phrase(Id::cli_dispatch_before, fmt::arg("link", link_behind(": ", *link))));
    } else if (outbox.is_unanswered() && !options.yes) {
        ask_whether_again(services, phrase(Id::cli_dispatch_unanswered));
    }
    loomrel::github::Client client(github_options(config));
    outbox.about_to_send();
    const loomrel::github::Dispatched result = client.dispatch(workflow, bot::prod_inputs(row));
    outbox.settle(result);
    if (result.what != What::started) {
        refuse(result, row);
    }
    note_dispatch(services, row, workflow, result.link);
    if (services.json()) {
        services.out_json({{"release_id", row.id}, {"started", true}, {"link", result.link}});
    } else {
        services.note(services.say(Id::cli_dispatch_started,
                                   fmt::arg("tag", row.release_tag),
                                   fmt::arg("link", link_behind(" ", result.link))));
    }
    return ExitCode::ok;
}

void register_release_dispatch(Command& family) {
    auto options = std::make_shared<ReleaseDispatchOptions>();
    family.command("dispatch", Id::cli_dispatch_about)
        .argument("ID", Id::cli_release_help_id, &options->id)
        .flag("--yes", Id::cli_help_yes, options->yes)
        .flag("--dry-run", Id::cli_help_dry_run, options->dry_run)
        .runs([options](Services& services) { return run_release_dispatch(services, *options); });
}

} // namespace loomrel::cli
