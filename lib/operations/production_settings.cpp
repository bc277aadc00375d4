#include "lib/operations/production_settings.hpp"

#include "lib/base/text.hpp"
#include "lib/deploy/shown_settings.hpp"
#include "lib/operations/ledger.hpp"

#include <vector>

namespace loomrel::operations {

namespace {

using messages::Id;
using messages::phrase;

constexpr int k_most_runs = 50;

std::map<std::string, std::string> last_deploy(store::Store& ledger, const std::string& service) {
    store::RunQuery query;
    query.service = service;
    query.environment = "prod";
    query.good_only = true;
    query.limit = k_most_runs;
    for (const store::Run& run : ledger.list_runs(query)) {
        // What a host was found to have done is nobody's settings.
        if (run.kind == store::RunKind::deploy && run.source.empty() && !run.settings.empty()) {
            return run.settings;
        }
    }
    return {};
}

} // namespace

config::DeploySettings ProductionSettings::of(const std::string& service,
                                              const std::string& environment) {
    config::DeploySettings settings = m_context.config.deploy(service, environment);
    if (!deploy::is_unproven(settings)) {
        return settings;
    }
    const Record& deployed = record(service);
    deploy::keep_unproven(settings, deployed);
    if (!deploy::is_unproven(settings)) {
        return settings;
    }
    const auto& keys = settings.of_repository;
    if (keys.empty()) {
        m_console.note(m_context.say(Id::deploy_unread_trusted, fmt::arg("service", service)));
    } else {
        m_console.note(
            m_context.say(deployed.empty() ? Id::deploy_unproven_unknown : Id::deploy_unproven,
                          fmt::arg("service", service),
                          fmt::arg("keys", join({keys.begin(), keys.end()}, ", "))));
    }
    settings.state_dir = deploy::proven_state_dir(settings);
    return settings;
}

config::DeploySettings ProductionSettings::of(const store::Run& run) {
    config::DeploySettings settings = m_context.config.deploy(run.service, run.environment);
    if (run.environment != "prod" || !settings.of_repository.contains("state_dir")) {
        return settings;
    }
    config::DeploySettings as_begun = settings;
    deploy::keep_unproven(as_begun, run.settings);
    if (as_begun.of_repository.contains("state_dir")) {
        as_begun = settings;
        deploy::keep_unproven(as_begun, record(run.service));
    }
    if (as_begun.of_repository.contains("state_dir")) {
        throw Error(ErrorKind::config,
                    "settings_differ",
                    phrase(Id::deploy_unproven_run, fmt::arg("run", run.id)),
                    phrase(Id::deploy_unproven_run_hint));
    }
    return settings;
}

const ProductionSettings::Record& ProductionSettings::record(const std::string& service) {
    const auto known = m_records.find(service);
    if (known != m_records.end()) {
        return known->second;
    }
    Record& deployed = m_records[service];
    try {
        if (!m_asked) {
            m_asked = true;
            m_ledger =
                m_context.open_ledger(Purpose::production, k_ledger_patience, /*must_exist=*/true);
        }
        if (m_ledger) {
            deployed = last_deploy(*m_ledger, service);
        }
    } catch (const Error&) {
        m_ledger.reset(); // silent, or none that production believes: nothing is proven
    }
    return deployed;
}

} // namespace loomrel::operations
