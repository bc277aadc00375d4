#include "cli/rollback_hosts.hpp"

#include "cli/local_state.hpp"
#include "cli/targets.hpp"
#include "lib/base/text.hpp"
#include "lib/deploy/watcher.hpp"
#include "lib/release/names.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;

config::Host typed_host(Services& services, const RollbackOptions& options) {
    config::Host host = host_typed(services, parse_host_argument(*options.host));
    if (options.identity) {
        host.key_file = *options.identity;
    }
    return host;
}

// A configuration that knows this host may say that what is kept lies somewhere else.
std::string state_dir_known(Services& services,
                            const config::Host& typed,
                            const std::string& service,
                            const std::string& environment) {
    const config::Config& config = services.config();
    if (service.empty() && config.services.size() != 1) {
        return "";
    }
    const std::string name = service.empty() ? config.services.front() : service;
    const std::string shown = endpoint_of(services, typed).shown();
    try {
        const auto hosts = config.hosts(environment, name);
        const bool known = std::any_of(hosts.begin(), hosts.end(), [&](const config::Host& host) {
            return endpoint_of(services, host).shown() == shown;
        });
        return known ? config.deploy(name, environment).state_dir : "";
    } catch (const Error&) {
        return ""; // it is not needed here
    }
}

} // namespace

RollbackHosts::RollbackHosts(Services& services, const RollbackOptions& options)
    : by_kept_program(options.host.has_value()),
      m_to(options.to.value_or("")) {
    if (by_kept_program) {
        hosts = {typed_host(services, options)};
        m_service = options.service.value_or("");
        if (!m_service.empty()) {
            release::check_service_name(m_service);
        }
        settings.service = m_service;
        settings.environment = options.environment;
        settings.state_dir =
            state_dir_known(services, hosts.front(), m_service, options.environment);
    } else {
        m_service = services.service(options.service);
        settings = services.config().deploy(m_service, options.environment);
        hosts = services.config().hosts(options.environment, m_service);
        for (config::Host& host : hosts) {
            host.key_file = options.identity.value_or(host.key_file);
        }
    }
    m_targets = make_targets(services, hosts);
    m_connections.resize(hosts.size());
    m_errors.resize(hosts.size());
    m_chosen.resize(hosts.size());
    looked_at.resize(hosts.size());
}

void RollbackHosts::look_at(std::size_t index) {
    const std::string& name = m_targets[index].name;
    looked_at[index] = {name, std::nullopt};
    m_errors[index].reset();
    try {
        if (!m_connections[index]) {
            m_connections[index] = m_targets[index].connector();
        }
        if (by_kept_program) {
            auto seen =
                deploy::look_kept(*m_connections[index],
                                  name,
                                  {"-", m_service, settings.environment, settings.state_dir},
                                  m_to);
            m_chosen[index] = seen.chosen;
            looked_at[index].sight = std::move(seen.sight);
        } else {
            looked_at[index].sight = deploy::look(*m_connections[index], name, settings, m_to);
        }
    } catch (const Error& error) {
        m_errors[index] = error;
        m_connections[index].reset();
    } catch (const std::exception& bug) {
        m_errors[index] = Error(ErrorKind::internal, "internal", Phrase{bug.what(), bug.what()});
    }
}

void RollbackHosts::look(Services&) {
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        threads.emplace_back([this, i] { look_at(i); });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    bool any = false;
    for (const deploy::LookedAt& host : looked_at) {
        any = any || host.sight;
    }
    if (!any) {
        throw Error(*m_errors.front());
    }
    if (by_kept_program && m_chosen.front().empty()) {
        const auto& there = looked_at.front().sight->services;
        throw Error(ErrorKind::refused,
                    "nothing_kept",
                    phrase(Id::rollback_no_service),
                    phrase(Id::rollback_no_service_hint,
                           fmt::arg("services", there.empty() ? "-" : join(there, ", "))));
    }
    if (by_kept_program) {
        settings.service = m_chosen.front();
    }
}

bool RollbackHosts::all_answered() const {
    return std::all_of(looked_at.begin(), looked_at.end(), [](const deploy::LookedAt& host) {
        return host.sight.has_value();
    });
}

std::optional<RollbackHosts::Running> RollbackHosts::running() const {
    for (const deploy::LookedAt& host : looked_at) {
        for (const deploy::OpenRun& run :
             host.sight ? host.sight->runs : std::vector<deploy::OpenRun>{}) {
            if (run.state == "running") {
                return Running{host.host, run.id, host.sight->lock};
            }
        }
    }
    return std::nullopt;
}

std::optional<RollbackHosts::Running> RollbackHosts::held_by_another() const {
    for (const deploy::LookedAt& host : looked_at) {
        if (!host.sight || host.sight->lock.empty() || running()) {
            continue;
        }
        // "v1.2.2, developer, since when, run id"
        const std::string& holder = host.sight->lock;
        const std::size_t last = holder.rfind(", ");
        return Running{
            host.host, last == std::string::npos ? "?" : holder.substr(last + 2), holder};
    }
    return std::nullopt;
}

void RollbackHosts::cancel(Services& services, const std::string& run_id) {
    deploy::Nobody nobody;
    const std::atomic<deploy::Wish> wish{deploy::Wish::cancel};
    deploy::Conductor conductor(m_targets, nobody, patience(services));
    conductor.wish = &wish;
    deploy::Keeper no_ledger(nullptr, store::Spool({}, {}), "");
    (void)conductor.attach(
        {run_id, settings.service, settings.environment, settings.state_dir}, false, no_ledger);
}

std::vector<std::unique_ptr<ssh::Connection>> RollbackHosts::take_connections() {
    return std::move(m_connections);
}

} // namespace loomrel::cli
