#include "lib/operations/host_survey.hpp"

#include "lib/operations/production_settings.hpp"
#include "lib/operations/targets.hpp"

#include <thread>
#include <utility>

namespace loomrel::operations {

using messages::Id;
using messages::phrase;

HostServices& place_of(const Context& context,
                       std::vector<HostServices>& all,
                       const std::string& environment,
                       const config::Host& host) {
    const std::string shown = endpoint_of(context, host).shown();
    for (HostServices& place : all) {
        if (place.environment == environment && place.name == shown) {
            return place;
        }
    }
    all.push_back({environment, host, shown, {}});
    return all.back();
}

std::vector<HostServices> places(const Context& context,
                                 Console& console,
                                 const std::optional<std::string>& environment,
                                 const std::vector<std::string>& services) {
    const std::vector<std::string> environments =
        environment ? std::vector{*environment} : std::vector<std::string>{"stage", "prod"};
    std::vector<HostServices> found;
    std::optional<Error> none;
    ProductionSettings production(context, console);
    for (const std::string& name : environments) {
        for (const std::string& each : services) {
            try {
                const auto hosts = hosts_wanted(context, name, each);
                const auto settings = production.of(each, name);
                for (const config::Host& host : hosts) {
                    place_of(context, found, name, host).services.push_back(settings);
                }
            } catch (const Error& error) {
                // One service may have hosts where another has none.
                const bool lacks = error.code() == "no_hosts";
                if (error.kind() != ErrorKind::config || (environment && !lacks)) {
                    throw;
                }
                // A slip in one environment does not hide the other, nor is it passed over.
                if (!lacks && (!none || none->message().en != error.message().en)) {
                    console.note(context.say(
                        Id::cli_error, fmt::arg("message", in(context.language, error.message()))));
                }
                none = error;
            }
        }
    }
    if (found.empty() && none) {
        throw *none;
    }
    return found;
}

std::vector<Surveyed> survey(const Context& context,
                             Console& console,
                             const std::vector<HostServices>& all,
                             const std::function<void(std::size_t, ssh::Connection&)>& look,
                             const std::function<void(std::size_t, const Error&)>& failed) {
    std::vector<Surveyed> results(all.size());
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto target = make_targets(context, {all[i].host}, note_waiting(console)).front();
        threads.emplace_back([&results, &look, &failed, i, target = std::move(target)] {
            try {
                const auto connection = target.connector();
                look(i, *connection);
            } catch (const Error& error) {
                results[i].error = error;
            } catch (const std::exception& bug) {
                results[i].error = bug_error(bug);
            }
            if (results[i].error && failed) {
                failed(i, *results[i].error);
            }
        });
    }
    threads.clear(); // joins them
    return results;
}

} // namespace loomrel::operations
