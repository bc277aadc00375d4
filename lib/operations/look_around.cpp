#include "lib/operations/look_around.hpp"

#include "lib/operations/host_survey.hpp"
#include "lib/operations/production_settings.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace loomrel::operations {

namespace {

constexpr int k_recent_runs = 200;
// Nobody waits for one host of many: it is looked at again.
constexpr Milliseconds k_connect_wait{15000};

std::set<std::string> known_services(const Context& context, store::Store& ledger) {
    const auto& configured = context.config.services;
    std::set<std::string> names(configured.begin(), configured.end());
    store::RunQuery query;
    query.limit = k_recent_runs;
    for (const store::Run& run : ledger.list_runs(query)) {
        names.insert(run.service);
    }
    return names;
}

std::vector<HostServices>
all_places(const Context& context, Console& console, store::Store& ledger) {
    std::vector<HostServices> all;
    ProductionSettings production(context, console);
    for (const std::string& service : known_services(context, ledger)) {
        for (const char* environment : {"stage", "prod"}) {
            try {
                const auto settings = production.of(service, environment);
                for (config::Host host : context.config.hosts(environment, service)) {
                    host.connect_wait = std::min(host.connect_wait, k_connect_wait);
                    place_of(context, all, environment, host).services.push_back(settings);
                }
            } catch (const Error&) {
                // It has no hosts here, or somebody else's configuration deploys it.
            }
        }
    }
    return all;
}

struct Answers {
    std::vector<deploy::HostLook> hosts;
    std::vector<std::string> silent;
};

} // namespace

std::vector<LookedAt> look_around(const Context& context, Console& console, store::Store& ledger) {
    const auto all = all_places(context, console, ledger);
    std::vector<std::vector<deploy::HostState>> states(all.size());
    const auto surveyed =
        survey(context, console, all, [&](std::size_t i, ssh::Connection& connection) {
            for (const config::DeploySettings& settings : all[i].services) {
                states[i].push_back(deploy::look(connection, all[i].name, settings));
            }
        });
    std::map<std::pair<std::string, std::string>, Answers> by_service;
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (std::size_t n = 0; n < all[i].services.size(); ++n) {
            Answers& answers = by_service[{all[i].services[n].service, all[i].environment}];
            if (n < states[i].size()) {
                answers.hosts.push_back({all[i].name, std::move(states[i][n])});
                continue;
            }
            answers.hosts.push_back({all[i].name, std::nullopt});
            const auto& error = surveyed[i].error;
            answers.silent.push_back(
                all[i].name + (error ? ": " + in(context.language, error->message()) : ""));
        }
    }
    std::vector<LookedAt> looked;
    for (auto& [which, answers] : by_service) {
        looked.push_back({deploy::compare(ledger, which.first, which.second, answers.hosts),
                          std::move(answers.silent)});
    }
    return looked;
}

} // namespace loomrel::operations
