#include "cli/runs/production_sight.hpp"

#include "cli/hosts/host_survey.hpp"
#include "cli/hosts/production_settings.hpp"
#include "cli/hosts/targets.hpp"
#include "lib/base/shell_quote.hpp"
#include "lib/base/text.hpp"
#include "lib/deploy/look.hpp"

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;

constexpr const char* k_prod = "prod";

// A version kept by an older loomrel may not say its commit; its tag has to do.
bool is_served(const deploy::HostState& state, const release::Release& release) {
    const std::string commit = release.commit_sha.value_or("");
    return state.serves == commit
           || (state.serves == release.release_tag
               && (state.commit.empty() || state.commit == commit));
}

[[noreturn]] void refuse_other(const std::string& host,
                               const deploy::HostState& state,
                               const release::Release& release) {
    throw Error(ErrorKind::refused,
                "serves_another",
                phrase(Id::prod_serves_another,
                       fmt::arg("host", host),
                       fmt::arg("serves", sanitize_line(state.serves)),
                       fmt::arg("tag", sanitize_line(release.release_tag))),
                phrase(Id::prod_serves_another_hint,
                       fmt::arg("service", typed_word(release.service_name)),
                       fmt::arg("tag", typed_word(release.release_tag))));
}

} // namespace

void check_still_serves(Services& services, const release::Release& release) {
    const std::string& service = release.service_name;
    const config::DeploySettings settings = ProductionSettings(services).of(service, k_prod);
    std::vector<HostServices> all;
    for (const config::Host& host : services.config().hosts(k_prod, service)) {
        all.push_back({k_prod, host, endpoint_of(services, host).shown(), {settings}});
    }
    std::vector<deploy::HostState> states(all.size());
    const auto surveyed = survey(services, all, [&](std::size_t i, ssh::Connection& connection) {
        states[i] = deploy::look(connection, all[i].name, settings);
    });
    std::size_t silent = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (surveyed[i].error) {
            ++silent;
        } else if (!states[i].serves.empty() && !is_served(states[i], release)) {
            refuse_other(all[i].name, states[i], release);
        }
    }
    if (!all.empty() && silent == all.size()) {
        throw Error(*surveyed.front().error);
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto& error = surveyed[i].error;
        if (error || states[i].serves.empty()) {
            services.note(services.say(Id::prod_not_looked_at,
                                       fmt::arg("host", all[i].name),
                                       fmt::arg("reason",
                                                error ? services.redactor().redact(
                                                    in(services.language(), error->message()))
                                                      : services.say(Id::store_no_answer)),
                                       fmt::arg("service", typed_word(service))));
        }
    }
}

} // namespace loomrel::cli
