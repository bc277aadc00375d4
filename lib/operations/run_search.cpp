#include "lib/operations/run_search.hpp"

#include "lib/base/text.hpp"
#include "lib/deploy/look.hpp"
#include "lib/operations/host_survey.hpp"
#include "lib/operations/ledger.hpp"
#include "lib/operations/named_run.hpp"

#include <mutex>
#include <set>

namespace loomrel::operations {

namespace {

using messages::Id;
using messages::phrase;

Error not_found(const Phrase& message, const Phrase& hint) {
    return {ErrorKind::usage, "run_not_found", message, hint};
}

// Where a run may be under way: nowhere, if the configuration names no service or no host.
std::vector<HostServices>
places_known(const Context& context, Console& console, const ServicesMeant& services) {
    try {
        return places(context, console, std::nullopt, services());
    } catch (const Error& error) {
        if (error.code() != "service_missing" && error.code() != "no_hosts") {
            throw;
        }
        return {};
    }
}

// What the hosts were asked, for when the ledger cannot say.
struct HostSearch {
    store::Run run;                  // no id: it goes on nowhere
    std::set<std::string> ids;       // of runs under way that are meant
    std::vector<std::string> asked;  // those that answered
    std::optional<Error> unanswered; // of one that did not
};

HostSearch search_hosts(const Context& context,
                        Console& console,
                        const std::string& id,
                        const ServicesMeant& services) {
    const std::vector<HostServices> all = places_known(context, console, services);
    std::mutex mutex;
    HostSearch search;
    store::Run& run = search.run;
    const auto look = [&](std::size_t i, ssh::Connection& connection) {
        for (const config::DeploySettings& settings : all[i].services) {
            for (const deploy::OpenRun& open :
                 deploy::look(connection, all[i].name, settings).runs) {
                const std::lock_guard guard(mutex);
                if (open.id == id || (is_beginning_of_run(id) && open.id.starts_with(id))) {
                    search.ids.insert(open.id);
                    run.id = open.id;
                    run.service = settings.service;
                    run.environment = settings.environment;
                    run.hosts.push_back(all[i].name);
                }
            }
        }
    };
    const auto surveyed = survey(context, console, all, look);
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (!surveyed[i].error) {
            search.asked.push_back(all[i].name);
            continue;
        }
        search.unanswered = surveyed[i].error;
        if (run.id.empty()) {
            console.note(context.say(Id::rollback_plan_silent, fmt::arg("host", all[i].name)));
        }
    }
    return search;
}

// The ledger was away: what is said is what was asked.
[[noreturn]] void refuse_unseen(const HostSearch& search, const std::string& id) {
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

} // namespace

FoundRun search_run(const Context& context,
                    Console& console,
                    const std::string& id,
                    const ServicesMeant& services) {
    FoundRun found;
    bool away = false;
    try {
        found.ledger =
            context.open_ledger(Purpose::looking, k_ledger_patience, /*must_exist=*/false);
        if (auto run = find_named_run(*found.ledger, id)) {
            found.run = std::move(*run);
            return found;
        }
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::ledger) {
            throw;
        }
        away = true;
        console.note(context.say(Id::deploy_without_ledger,
                                 fmt::arg("reason", in(context.language, error.message()))));
    }
    // A row made of what the hosts tell would be half a lie: what it was for is not known to them.
    found.ledger.reset();
    HostSearch search = search_hosts(context, console, id, services);
    if (search.ids.size() > 1) {
        throw ambiguous_run(id, {search.ids.begin(), search.ids.end()});
    }
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

} // namespace loomrel::operations
