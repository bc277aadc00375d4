#include "cli/checks/config_check.hpp"

#include "cli/serve/server_settings.hpp"
#include "lib/base/text.hpp"
#include "lib/deploy/plan.hpp"
#include "lib/operations/targets.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace loomrel::cli {

namespace {

bool has_hosts(Services& services, const std::string& environment, const std::string& service) {
    try {
        return !operations::hosts_in(services.context(), environment, service).empty();
    } catch (const Error&) {
        return false; // none, or wrong ones, which are told elsewhere
    }
}

void add_what_is_thrown(std::vector<Phrase>& found, const std::function<void()>& look) {
    try {
        look();
    } catch (const Error& error) {
        found.push_back(error.message());
    }
}

} // namespace

std::vector<Phrase> deploy_problems(Services& services) {
    const config::Config& config = services.config();
    std::vector<Phrase> lacks;
    for (const std::string environment : {"dev", "stage", "prod"}) {
        for (const std::string& service : config.services) {
            // Where nothing is deployed to, nothing is missing.
            if (has_hosts(services, environment, service)) {
                add_what_is_thrown(
                    lacks, [&] { deploy::check_engine(config.deploy(service, environment)); });
            }
        }
    }
    std::vector<Phrase> found = config.problems();
    for (Phrase& each : lacks) {
        const bool known = std::any_of(
            found.begin(), found.end(), [&](const Phrase& other) { return other.en == each.en; });
        if (!known) {
            found.push_back(std::move(each));
        }
    }
    return found;
}

std::vector<std::string> config_problems(Services& services) {
    std::vector<Phrase> found = deploy_problems(services);
    add_what_is_thrown(found, [&] { check_serve_settings(services); });
    add_what_is_thrown(found,
                       [&] { (void)services.open_another_store(Services::Purpose::releases); });
    std::vector<std::string> problems;
    for (const Phrase& each : found) {
        problems.push_back(sanitize_line(in(services.language(), each)));
    }
    return problems;
}

} // namespace loomrel::cli
