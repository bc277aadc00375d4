#include "cli/commands/status.hpp"

#include "lib/base/shell_quote.hpp"
#include "lib/base/text.hpp"
#include "lib/deploy/disagreement.hpp"
#include "lib/deploy/look.hpp"
#include "lib/operations/host_survey.hpp"
#include "lib/operations/ledger.hpp"
#include "lib/terminal/table.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace loomrel::cli {

namespace {

using deploy::Disagreement;
using deploy::HostState;
using messages::Id;
using nlohmann::ordered_json;
using operations::HostServices;

// One line of the answer.
struct ServiceStatus {
    const HostServices* place = nullptr;
    std::string service;
    std::optional<HostState> sight;
    std::optional<Error> error;
};

Time from_seconds(std::int64_t seconds) {
    return Time(std::chrono::seconds(seconds));
}

ordered_json to_object(Services& services, const ServiceStatus& seen) {
    ordered_json object{{"environment", seen.place->environment},
                        {"service", seen.service},
                        {"host", seen.place->name},
                        {"ok", seen.sight.has_value()}};
    if (seen.error) {
        object["error"] = {{"code", seen.error->code()},
                           {"message", in(services.language(), seen.error->message())},
                           {"hint", in(services.language(), seen.error->hint())}};
        return object;
    }
    const HostState& sight = *seen.sight;
    const deploy::Kept* back = sight.find_kept(sight.back);
    ordered_json kept = ordered_json::array();
    for (const deploy::Kept& each : sight.kept) {
        kept.push_back({{"id", each.id},
                        {"name", each.name},
                        {"commit", each.commit},
                        {"kept_at", to_rfc3339(from_seconds(each.kept_at))}});
    }
    ordered_json runs = ordered_json::array();
    for (const deploy::OpenRun& run : sight.runs) {
        runs.push_back({{"run_id", run.id}, {"state", run.state}, {"step", run.step}});
    }
    object["serves"] = sight.serves;
    object["commit"] = sight.commit;
    object["since"] =
        sight.since ? ordered_json(to_rfc3339(from_seconds(*sight.since))) : ordered_json();
    object["how"] = sight.how.empty() ? ordered_json() : ordered_json(sight.how);
    object["healthy"] = sight.healthy;
    object["back_to"] = back == nullptr ? ordered_json() : ordered_json(back->name);
    object["kept"] = std::move(kept);
    ordered_json lost = ordered_json::array();
    for (const deploy::Kept& each : sight.lost) {
        lost.push_back({{"id", each.id}, {"name", each.name}, {"commit", each.commit}});
    }
    object["lost"] = std::move(lost);
    object["images_known"] = sight.images_known;
    ordered_json unread = ordered_json::array();
    for (const deploy::UnreadRecord& each : sight.unread) {
        unread.push_back({{"record", each.what}, {"newer", each.newer}});
    }
    object["unread"] = std::move(unread);
    object["lock"] = sight.lock.empty() ? ordered_json() : ordered_json(sight.lock);
    object["runs"] = std::move(runs);
    return object;
}

std::string health_word(Services& services, const std::string& healthy) {
    if (healthy == "yes") {
        return services.say(Id::status_healthy);
    }
    return services.say(healthy == "no" ? Id::status_unhealthy : Id::status_health_unknown);
}

// What goes on there, or what somebody should look at.
std::string remark(Services& services, const ServiceStatus& seen) {
    if (seen.error) {
        return in(services.language(), seen.error->message());
    }
    std::vector<std::string> remarks;
    const HostState& sight = *seen.sight;
    if (!sight.has_repository) {
        remarks.push_back(services.say(Id::status_no_repository));
    }
    if (sight.lock == "?") {
        remarks.push_back(services.say(Id::status_lock_unknown));
    } else if (!sight.lock.empty()) {
        remarks.push_back(services.say(Id::status_lock, fmt::arg("holder", sight.lock)));
    }
    for (const deploy::OpenRun& run : sight.runs) {
        if (run.state == "running") {
            remarks.push_back(services.say(
                Id::status_running, fmt::arg("run", run.id), fmt::arg("step", run.step)));
        } else {
            remarks.push_back(services.say(Id::status_unread, fmt::arg("run", run.id)));
        }
    }
    std::vector<std::string> lost;
    for (const deploy::Kept& each : sight.lost) {
        lost.push_back(each.name);
    }
    if (!lost.empty()) {
        remarks.push_back(services.say(Id::status_lost, fmt::arg("versions", join(lost, ", "))));
    }
    for (const bool newer : {true, false}) {
        std::vector<std::string> unread;
        for (const deploy::UnreadRecord& each : sight.unread) {
            if (each.newer == newer) {
                unread.push_back(each.what);
            }
        }
        if (!unread.empty()) {
            remarks.push_back(
                services.say(newer ? Id::status_written_by_newer : Id::status_unread_records,
                             fmt::arg("records", join(unread, ", "))));
        }
    }
    if (!sight.images_known) {
        remarks.push_back(services.say(Id::status_images_unknown));
    }
    return join(remarks, "; ");
}

std::vector<ServiceStatus> look(Services& services, const std::vector<HostServices>& all) {
    std::vector<std::vector<HostState>> sights(all.size());
    const auto surveyed = operations::survey(
        services.context(), services, all, [&](std::size_t i, ssh::Connection& connection) {
            for (const config::DeploySettings& settings : all[i].services) {
                sights[i].push_back(deploy::look(connection, all[i].name, settings));
            }
        });
    std::vector<ServiceStatus> lines;
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (std::size_t n = 0; n < all[i].services.size(); ++n) {
            ServiceStatus seen{
                &all[i], all[i].services[n].service, std::nullopt, surveyed[i].error};
            if (n < sights[i].size()) {
                seen.sight = sights[i][n];
                seen.error.reset();
            }
            lines.push_back(std::move(seen));
        }
    }
    return lines;
}

// What to type about it.
std::string command_for(const Disagreement& one) {
    return one.by_hand ? "loomrel reconcile"
                       : "loomrel rollback --env " + one.environment + " --service "
                             + typed_word(one.service) + " --to " + typed_word(one.ledger);
}

// Where host and ledger say different things; nothing, with a word about it, while the ledger does
// not answer. Developers' hosts serve what their branches say.
std::vector<Disagreement> disagreements(Services& services, const std::vector<ServiceStatus>& all) {
    std::map<std::pair<std::string, std::string>, std::vector<deploy::HostLook>> looks;
    for (const ServiceStatus& seen : all) {
        if (seen.sight && seen.place->environment != "dev") {
            looks[{seen.service, seen.place->environment}].push_back(
                {seen.place->name, seen.sight});
        }
    }
    std::vector<Disagreement> found;
    if (looks.empty()) {
        return found;
    }
    (void)operations::ledger_if_it_answers(
        services.context(), services, Services::Purpose::looking, [&](store::Store& ledger) {
            for (const auto& [which, hosts] : looks) {
                auto some = deploy::disagreements(ledger, which.first, which.second, hosts);
                std::move(some.begin(), some.end(), std::back_inserter(found));
            }
        });
    return found;
}

void show_disagreements(Services& services, const std::vector<Disagreement>& all) {
    for (const Disagreement& one : all) {
        const std::string serves =
            one.serves.empty() ? services.say(Id::status_serves_nothing) : one.serves;
        const std::string line = services.say(Id::status_disagrees,
                                              fmt::arg("service", one.service),
                                              fmt::arg("environment", one.environment),
                                              fmt::arg("host", one.host),
                                              fmt::arg("serves", serves),
                                              fmt::arg("ledger", one.ledger),
                                              fmt::arg("command", command_for(one)));
        // A program reads rows there, and nothing else.
        if (services.io().out_is_tty()) {
            services.out(line + "\n");
        } else {
            services.note(line);
        }
    }
}

// null: they agree, or nobody knows.
ordered_json disagreement_of(const ServiceStatus& seen, const std::vector<Disagreement>& all) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const Disagreement& one) {
        return one.service == seen.service && one.environment == seen.place->environment
               && one.host == seen.place->name;
    });
    if (found == all.end()) {
        return {};
    }
    return {{"serves", found->serves},
            {"ledger", found->ledger},
            {"by_hand", found->by_hand},
            {"next", command_for(*found)}};
}

void show_table(Services& services, const std::vector<ServiceStatus>& all) {
    terminal::Table table({services.say(Id::status_column_environment),
                           services.say(Id::status_column_service),
                           services.say(Id::deploy_column_host),
                           services.say(Id::status_column_serves),
                           services.say(Id::status_column_since),
                           services.say(Id::status_column_health),
                           services.say(Id::status_column_back),
                           ""});
    const bool people = services.io().out_is_tty();
    for (const ServiceStatus& seen : all) {
        const HostState sight = seen.sight.value_or(HostState{});
        std::string since = "-";
        if (sight.since) {
            since = people ? services.date(from_seconds(*sight.since))
                           : to_rfc3339(from_seconds(*sight.since));
        }
        const deploy::Kept* back = sight.find_kept(sight.back);
        std::string health = people ? health_word(services, sight.healthy) : sight.healthy;
        table.add({seen.place->environment,
                   seen.service,
                   seen.place->name,
                   sight.serves.empty() ? "-" : sight.serves,
                   since,
                   seen.error ? "-" : health,
                   back == nullptr ? "-" : back->name,
                   remark(services, seen)});
    }
    services.out(people ? table.aligned(services.io().size().columns) : table.plain());
}

} // namespace

ExitCode run_status(Services& services, const StatusOptions& options) {
    const operations::Context& context = services.context();
    const std::vector<HostServices> all = operations::places(
        context, services, options.environment, services.services_meant(options.service));
    const std::vector<ServiceStatus> lines = look(services, all);
    const auto differing = disagreements(services, lines);
    if (services.json()) {
        ordered_json rows = ordered_json::array();
        for (const ServiceStatus& seen : lines) {
            rows.push_back(to_object(services, seen));
            rows.back()["disagreement"] = disagreement_of(seen, differing);
        }
        services.out_json({{"services", std::move(rows)}});
    } else {
        show_table(services, lines);
        show_disagreements(services, differing);
    }
    const bool any =
        std::any_of(lines.begin(), lines.end(), [](const auto& seen) { return seen.sight; });
    return any ? ExitCode::ok : ExitCode::no_host;
}

void register_status(Command& parent) {
    auto options = std::make_shared<StatusOptions>();
    parent.command("status", Id::cli_status_about)
        .option("--env", "E", Id::cli_help_env_looked, &options->environment)
        .choices({"dev", "stage", "prod"})
        .option("--service", "S", Id::cli_help_service, &options->service)
        .runs([options](Services& services) { return run_status(services, *options); });
}

} // namespace loomrel::cli
