#include "cli/commands/logs_run.hpp"

#include "lib/base/text.hpp"
#include "lib/deploy/follow.hpp"
#include "lib/deploy/look.hpp"
#include "lib/operations/host_survey.hpp"
#include "lib/operations/ledger.hpp"
#include "lib/operations/named_run.hpp"
#include "lib/operations/production_settings.hpp"
#include "lib/operations/targets.hpp"
#include "lib/terminal/log_lines.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <mutex>

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;
using nlohmann::ordered_json;
using operations::HostServices;
// For a look at whether the run is there at all.
constexpr Milliseconds k_link_wait{15000};

// The stream of one run on one host, as `logs` shows it: sentences and what commands printed.
class RunPrinter {
public:
    RunPrinter(Services& services, terminal::LogLines::Sink sink)
        : m_lines(services.redactor(), std::move(sink)) {}

    void on(const deploy::RunEvent& event) {
        if (const auto* line = std::get_if<deploy::LogLine>(&event)) {
            m_lines.feed(line->text + "\n");
        } else if (const auto* output = std::get_if<deploy::Output>(&event)) {
            m_lines.feed(output->bytes);
        }
    }

    void finish() { m_lines.finish(); }

private:
    terminal::LogLines m_lines;
};

// Where a run is, or may be.
struct Spot {
    deploy::Target target;
    deploy::RunPlace run;
};

Spot spot_of(Services& services,
             const config::Host& host,
             const config::DeploySettings& settings,
             const std::string& id) {
    return {operations::make_targets(services.context(), {host}, operations::note_waiting(services))
                .front(),
            {id, settings.service, settings.environment, settings.state_dir}};
}

[[noreturn]] void refuse_unknown(const std::string& id, const std::vector<std::string>& hosts) {
    throw Error(ErrorKind::usage,
                "run_not_found",
                phrase(Id::logs_run_nowhere,
                       fmt::arg("run", sanitize_line(id)),
                       fmt::arg("hosts", hosts.empty() ? "-" : join(hosts, ", "))),
                phrase(Id::deploy_no_such_run_hint));
}

// Every host that is configured; developers' too, as a run of theirs has no other mark.
std::vector<HostServices> all_places(Services& services, const LogsOptions& options) {
    const operations::Context& context = services.context();
    const std::vector<std::string> meant = services.services_meant(options.service);
    if (options.environment) {
        return operations::places(context, services, options.environment, meant);
    }
    std::vector<HostServices> all;
    std::optional<Error> none;
    for (const char* environment : {"stage", "prod", "dev"}) {
        try {
            auto some = operations::places(context, services, environment, meant);
            std::move(some.begin(), some.end(), std::back_inserter(all));
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::config) {
                throw;
            }
            none = none.value_or(error);
        }
    }
    if (all.empty() && none) {
        throw *none;
    }
    return all;
}

void tell(Services& services, const Error& error) {
    const std::string message = in(services.language(), error.message());
    services.io().err(services.redactor().redact(
        services.say(Id::cli_error, fmt::arg("message", message)) + "\n"));
}

std::vector<Spot>
look_for_run(Services& services, const std::string& id, const LogsOptions& options) {
    const std::vector<HostServices> all = all_places(services, options);
    std::mutex mutex;
    std::vector<Spot> found;
    const auto look = [&](std::size_t i, ssh::Connection&) {
        for (const config::DeploySettings& settings : all[i].services) {
            Spot spot = spot_of(services, all[i].host, settings, id);
            deploy::Follower follower(spot.target.name, spot.target.connector);
            follower.patience.away = k_link_wait;
            const deploy::Followed seen = follower.peek(spot.run, false);
            if (seen.error) {
                throw Error(*seen.error);
            }
            if (seen.how != deploy::HowFollowed::absent) {
                const std::lock_guard guard(mutex);
                found.push_back(std::move(spot));
            }
        }
    };
    const auto surveyed = operations::survey(services.context(), services, all, look);
    std::vector<std::string> names;
    std::optional<Error> silent;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (surveyed[i].error) {
            tell(services, *surveyed[i].error);
            silent = silent.value_or(*surveyed[i].error);
        } else {
            names.push_back(all[i].name);
        }
    }
    if (found.empty() && names.empty() && silent) {
        throw *silent;
    }
    if (found.empty()) {
        refuse_unknown(id, names);
    }
    return found;
}

std::vector<Spot> spots_of(Services& services, const std::string& id, const LogsOptions& options) {
    std::optional<store::Run> row;
    (void)operations::ledger_if_it_answers(
        services.context(), services, Services::Purpose::looking, [&](store::Store& store) {
            row = operations::find_named_run(store, id);
        });
    if (!row && !deploy::is_run_id(id)) {
        refuse_unknown(id, {});
    }
    if (!row) {
        return look_for_run(services, id, options);
    }
    std::vector<Spot> spots;
    const operations::Context& context = services.context();
    const auto settings = operations::ProductionSettings(context, services).of(*row);
    for (const config::Host& host : operations::hosts_of(context, *row)) {
        spots.push_back(spot_of(services, host, settings, row->id));
    }
    return spots;
}

} // namespace

ExitCode show_run_log(Services& services, const std::string& id, const LogsOptions& options) {
    // It becomes part of a path on the hosts.
    if (!deploy::is_run_id(id) && !operations::is_beginning_of_run(id)) {
        refuse_unknown(id, {});
    }
    ExitCode code = ExitCode::no_host;
    ordered_json hosts = ordered_json::array();
    std::vector<Spot> spots = spots_of(services, id, options);
    for (Spot& spot : spots) {
        if (spots.size() > 1 && !services.json()) {
            services.note(spot.target.name + ":"); // whose lines these are
        }
        std::string text;
        std::atomic<deploy::StopRequest> stop_request{deploy::StopRequest::none};
        RunPrinter printer(services, [&](std::string_view lines) {
            services.json() ? void(text += lines) : services.out(lines);
            if (services.io().out_error() != 0) {
                stop_request = deploy::StopRequest::detach; // nobody reads any more
            }
        });
        deploy::Follower follower(spot.target.name,
                                  spot.target.connector,
                                  [&](const auto&, const auto& event) { printer.on(event); });
        follower.patience = services.context().patience;
        follower.stop_request = &stop_request;
        const deploy::Followed followed =
            options.follow ? follower.attach(spot.run, false) : follower.replay(spot.run);
        printer.finish();
        ordered_json host{{"host", spot.target.name}, {"run_id", id}, {"text", text}};
        const bool is_there = !followed.error || followed.error->code() != "not_there_yet";
        if (followed.error && is_there) {
            tell(services, *followed.error);
            host["error"] = {{"code", followed.error->code()},
                             {"message", in(services.language(), followed.error->message())},
                             {"hint", in(services.language(), followed.error->hint())}};
        } else if (!is_there) {
            services.note(services.say(Id::logs_run_not_here, fmt::arg("host", spot.target.name)));
            continue;
        } else {
            code = ExitCode::ok;
        }
        hosts.push_back(std::move(host));
    }
    if (services.json()) {
        services.out_json({{"hosts", std::move(hosts)}});
    }
    return code;
}

} // namespace loomrel::cli
