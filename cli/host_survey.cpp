#include "cli/host_survey.hpp"

#include "cli/targets.hpp"

#include <thread>
#include <utility>

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;

std::vector<std::string> services_asked(Services& services,
                                        const std::optional<std::string>& service) {
    if (!service && services.config().services.size() > 1) {
        return services.config().services;
    }
    return {services.service(service)};
}

} // namespace

std::vector<Place> places(Services& services,
                          const std::optional<std::string>& environment,
                          const std::optional<std::string>& service) {
    const std::vector<std::string> environments =
        environment ? std::vector{*environment} : std::vector<std::string>{"stage", "prod"};
    std::vector<Place> found;
    std::optional<Error> none;
    for (const std::string& name : environments) {
        try {
            for (config::Host& host : hosts_wanted(services, name)) {
                Place place{name, host, endpoint_of(services, host).shown(), {}};
                for (const std::string& each : services_asked(services, service)) {
                    place.services.push_back(services.config().deploy(each, name));
                }
                found.push_back(std::move(place));
            }
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::config || environment) {
                throw;
            }
            none = error;
        }
    }
    if (found.empty() && none) {
        throw *none;
    }
    return found;
}

std::vector<Surveyed> survey(Services& services,
                             const std::vector<Place>& all,
                             const std::function<void(std::size_t, ssh::Connection&)>& look,
                             const std::function<void(std::size_t, const Error&)>& failed) {
    std::vector<Surveyed> results(all.size());
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto target = make_targets(services, {all[i].host}).front();
        threads.emplace_back([&results, &look, &failed, i, target = std::move(target)] {
            try {
                const auto connection = target.connector();
                look(i, *connection);
            } catch (const Error& error) {
                results[i].error = error;
            } catch (const std::exception& bug) {
                results[i].error =
                    Error(ErrorKind::internal, "internal", Phrase{bug.what(), bug.what()});
            }
            if (results[i].error && failed) {
                failed(i, *results[i].error);
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    return results;
}

} // namespace loomrel::cli
