#include "lib/operations/production_sight.hpp"

#include "lib/base/shell_quote.hpp"
#include "lib/base/text.hpp"
#include "lib/deploy/look.hpp"
#include "lib/operations/host_survey.hpp"
#include "lib/operations/production_claim.hpp"
#include "lib/operations/production_settings.hpp"
#include "lib/operations/targets.hpp"

namespace loomrel::operations {

namespace {

using messages::Id;
using messages::phrase;

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

void check_still_serves(const Context& context, Console& console, const release::Release& release) {
    const std::string& service = release.service_name;
    const config::DeploySettings settings =
        ProductionSettings(context, console).of(service, k_production);
    std::vector<HostServices> all;
    for (const config::Host& host : context.config.hosts(k_production, service)) {
        all.push_back({k_production, host, endpoint_of(context, host).shown(), {settings}});
    }
    std::vector<deploy::HostState> states(all.size());
    const auto look = [&](std::size_t i, ssh::Connection& connection) {
        states[i] = deploy::look(connection, all[i].name, settings);
    };
    const auto surveyed = survey(context, console, all, look);
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
            console.note(context.say(
                Id::prod_not_looked_at,
                fmt::arg("host", all[i].name),
                fmt::arg("reason",
                         error ? context.redactor.redact(in(context.language, error->message()))
                               : context.say(Id::store_no_answer)),
                fmt::arg("service", typed_word(service))));
        }
    }
}

} // namespace loomrel::operations
