#include "cli/commands/cancel.hpp"

#include "cli/runs/run_session.hpp"
#include "lib/base/text.hpp"
#include "lib/deploy/look.hpp"
#include "lib/operations/host_survey.hpp"
#include "lib/operations/production_settings.hpp"
#include "lib/operations/targets.hpp"

#include <nlohmann/json.hpp>

#include <mutex>

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;
using operations::HostServices;

Error not_found(const Phrase& message, const Phrase& hint) {
    return {ErrorKind::usage, "run_not_found", message, hint};
}

// Where a run may be under way: nowhere, if the configuration names no service or no host.
std::vector<HostServices> places_known(Services& services) {
    try {
        return operations::places(
            services.context(), services, std::nullopt, services.services_meant(std::nullopt));
    } catch (const Error& error) {
        if (error.code() != "service_missing" && error.code() != "no_hosts") {
            throw;
        }
        return {};
    }
}

// What the hosts were asked, for when the ledger cannot say.
struct Search {
    store::Run run;                  // no id: it goes on nowhere
    std::vector<std::string> asked;  // those that answered
    std::optional<Error> unanswered; // of one that did not
};

Search search_hosts(Services& services, const std::string& id) {
    const std::vector<HostServices> all = places_known(services);
    std::mutex mutex;
    Search search;
    store::Run& run = search.run;
    const auto look = [&](std::size_t i, ssh::Connection& connection) {
        for (const config::DeploySettings& settings : all[i].services) {
            for (const deploy::OpenRun& open :
                 deploy::look(connection, all[i].name, settings).runs) {
                const std::lock_guard guard(mutex);
                if (open.id == id) {
                    run.id = id;
                    run.service = settings.service;
                    run.environment = settings.environment;
                    run.hosts.push_back(all[i].name);
                }
            }
        }
    };
    const auto surveyed = operations::survey(services.context(), services, all, look);
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (!surveyed[i].error) {
            search.asked.push_back(all[i].name);
            continue;
        }
        search.unanswered = surveyed[i].error;
        if (run.id.empty()) {
            services.note(services.say(Id::rollback_plan_silent, fmt::arg("host", all[i].name)));
        }
    }
    return search;
}

// The ledger was away: what is said is what was asked.
[[noreturn]] void refuse_unseen(const Search& search, const std::string& id) {
    if (search.asked.empty() && search.unanswered) {
        throw Error(*search.unanswered);
    }
    const std::string shown = sanitize_line(id);
    const auto run = fmt::arg("run", shown);
    throw search.asked.empty()
        ? not_found(phrase(Id::cancel_nowhere, run), phrase(Id::cancel_nowhere_hint))
        : not_found(
            phrase(Id::cancel_not_on_hosts, run, fmt::arg("hosts", join(search.asked, ", "))),
            phrase(Id::cancel_not_on_hosts_hint, run));
}

struct Found {
    store::Run run;
    std::unique_ptr<store::Store> store; // null: it does not answer, or does not know the run
};

Found find(Services& services, const std::string& id) {
    Found found;
    bool away = false;
    try {
        found.store = services.open_another_store(Services::Purpose::looking, Milliseconds{3000});
        if (auto run = found.store->find_run(id)) {
            found.run = std::move(*run);
            return found;
        }
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::ledger) {
            throw;
        }
        away = true;
        services.note(services.say(Id::deploy_without_ledger,
                                   fmt::arg("reason", in(services.language(), error.message()))));
    }
    // A row made of what the hosts tell would be half a lie: what it was for is not known to them.
    found.store.reset();
    Search search = search_hosts(services, id);
    if (search.run.id.empty() && away) {
        refuse_unseen(search, id);
    }
    if (search.run.id.empty()) {
        throw not_found(phrase(Id::deploy_no_such_run, fmt::arg("run", sanitize_line(id))),
                        phrase(Id::deploy_no_such_run_hint));
    }
    found.run = std::move(search.run);
    return found;
}

} // namespace

ExitCode run_cancel(Services& services, const CancelOptions& options) {
    services.exit_code_is_the_result();
    const Found found = find(services, options.run);
    const store::Run& run = found.run;
    if (run.ended_at) {
        throw Error(ErrorKind::refused,
                    "run_ended",
                    phrase(Id::cancel_ended, fmt::arg("run", run.id)),
                    phrase(Id::cancel_ended_hint, fmt::arg("run", run.id)));
    }
    if (options.dry_run && !services.json()) {
        services.out(services.say(Id::cancel_would,
                                  fmt::arg("run", run.id),
                                  fmt::arg("service", run.service),
                                  fmt::arg("environment", run.environment),
                                  fmt::arg("hosts", join(run.hosts, ", ")))
                     + "\n");
        return ExitCode::ok;
    }
    if (options.dry_run) {
        services.out_json({{"dry_run", true},
                           {"run_id", run.id},
                           {"service", run.service},
                           {"environment", run.environment},
                           {"hosts", run.hosts}});
        return ExitCode::ok;
    }
    if (run.environment == "prod" && !options.yes
        && !services.confirm(services.say(Id::cancel_question, fmt::arg("run", run.id)))) {
        throw Error(
            ErrorKind::refused,
            services.io().can_prompt() ? "declined" : "needs_yes",
            phrase(services.io().can_prompt() ? Id::rollback_declined : Id::cancel_needs_yes),
            services.io().can_prompt() ? Phrase{} : phrase(Id::rollback_needs_yes_hint));
    }
    const operations::Context& context = services.context();
    operations::ProductionSettings production(context, services);
    // Without a ledger it was found where these settings led.
    RunSession session(services,
                       found.store ? production.of(run)
                                   : production.of(run.service, run.environment),
                       operations::hosts_of(context, run));
    if (found.store) {
        session.set_ledger(*found.store);
    }
    return session.cancel(run);
}

void register_cancel(Command& parent) {
    auto options = std::make_shared<CancelOptions>();
    parent.command("cancel", Id::cli_cancel_about)
        .argument("RUN", Id::cli_help_run, &options->run)
        .required()
        .flag("--yes", Id::cli_help_yes, options->yes)
        .flag("--dry-run", Id::cli_help_dry_run, options->dry_run)
        .runs([options](Services& services) { return run_cancel(services, *options); });
}

} // namespace loomrel::cli
