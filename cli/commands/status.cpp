#include "cli/commands/status.hpp"

#include "cli/terminal/table.hpp"
#include "lib/base/text.hpp"
#include "lib/deploy/look.hpp"
#include "lib/operations/host_survey.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace loomrel::cli {

namespace {

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

void show_table(Services& services, const std::vector<ServiceStatus>& all) {
    Table table({services.say(Id::status_column_environment),
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
    std::vector<std::vector<HostState>> sights(all.size());
    const auto look = [&](std::size_t i, ssh::Connection& connection) {
        for (const config::DeploySettings& settings : all[i].services) {
            sights[i].push_back(deploy::look(connection, all[i].name, settings));
        }
    };
    const auto surveyed = operations::survey(context, services, all, look);
    std::vector<ServiceStatus> lines;
    bool any = false;
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (std::size_t n = 0; n < all[i].services.size(); ++n) {
            ServiceStatus seen{
                &all[i], all[i].services[n].service, std::nullopt, surveyed[i].error};
            if (n < sights[i].size()) {
                seen.sight = sights[i][n];
                seen.error.reset();
                any = true;
            }
            lines.push_back(std::move(seen));
        }
    }
    if (services.json()) {
        ordered_json rows = ordered_json::array();
        for (const ServiceStatus& seen : lines) {
            rows.push_back(to_object(services, seen));
        }
        services.out_json({{"services", std::move(rows)}});
    } else {
        show_table(services, lines);
    }
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
