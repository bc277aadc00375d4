#include "lib/base/text.hpp"
#include "lib/config/config.hpp"
#include "lib/config/fields.hpp"

#include <algorithm>
#include <cctype>

namespace loomrel::config {

// deploy < services < environments < both. A repository's file cannot get past the trusted one by
// being narrower.
const Value* Config::narrowest(std::string_view key,
                               const std::string& service,
                               const std::string& environment) const {
    const Value* of_repository = nullptr;
    for (const std::string& table : {"environments." + environment + ".services." + service,
                                     "environments." + environment,
                                     "services." + service,
                                     std::string("deploy")}) {
        const auto found = m_values.find(table + "." + std::string(key));
        if (found == m_values.end()) {
            continue;
        }
        if (found->second.origin.source != Source::repository) {
            return &found->second;
        }
        of_repository = of_repository == nullptr ? &found->second : of_repository;
    }
    return of_repository;
}

DeploySettings Config::deploy(const std::string& service,
                              const std::string& environment,
                              const std::string& domain) const {
    DeploySettings settings;
    std::set<std::string> unsaid;
    bool is_trusted = false;
    const auto value = [&](std::string_view key) {
        const Value* found = narrowest(key, service, environment);
        if (found == nullptr) {
            unsaid.emplace(key);
        } else if (found->origin.source == Source::repository) {
            settings.of_repository.emplace(key);
        } else {
            is_trusted = true;
        }
        return found;
    };
    settings.service = service;
    settings.environment = environment;
    put(settings.prod_by, value("prod_by"));
    put(settings.rollback_by, value("rollback_by"));
    std::string engine = "compose";
    put(engine, value("engine"));
    settings.engine = engine == "command" ? Engine::command : Engine::compose;
    put(settings.root, value("root"));
    put(settings.system_dir, value("system_dir"));
    put(settings.compose_file, value("compose_file"));
    put(settings.env_files, value("env_files"));
    put(settings.keep_capsules, value("keep_capsules"));
    put(settings.keep, value("keep"));
    put(settings.lock_wait, value("lock_wait"));
    put(settings.time_limit, value("time_limit"));
    put(settings.log_root, value("log_root"));
    put(settings.state_dir, value("state_dir"));
    settings.repo = settings.dir = service;
    settings.compose_services = {service};
    put(settings.repo, value("repo"));
    settings.dir = settings.repo;
    put(settings.dir, value("dir"));
    if (unsaid.contains("dir") && settings.of_repository.contains("repo")) {
        settings.of_repository.emplace("dir");
    }
    put(settings.compose_services, value("compose_services"));
    put(settings.health_url, value("health"));
    put(settings.health_attempts, value("health_attempts"));
    put(settings.health_interval, value("health_interval"));
    put(settings.stable_for, value("stable_for"));
    put(settings.hooks.before_up, value("hooks.before_up"));
    put(settings.hooks.after_up, value("hooks.after_up"));
    put(settings.hooks.before_rollback, value("hooks.before_rollback"));
    put(settings.hooks.on_failure, value("hooks.on_failure"));
    put(settings.build, value("build"));
    put(settings.up, value("up"));
    put(settings.current, value("current"));
    settings.restore_on_failure = environment != "dev";
    put(settings.restore_on_failure, value("restore_on_failure"));
    put(settings.canary, value("canary"));
    put(settings.parallel, value("parallel"));
    put(settings.on_partial, value("on_partial"));
    set_health(settings, domain);
    if (settings.health_kind == HealthKind::url) {
        unsaid.erase("health"); // made of variables
    }
    settings.lacks_trusted_file = lacks_trusted_file;
    if (!is_trusted) {
        settings.of_repository.merge(unsaid);
    }
    return settings;
}

// "docker", "none", a URL; or, left out, <ENV>_DOMAIN + <SERVICE>_PREFIX + /health if both are set;
// a developer's own host has a domain of its own.
void Config::set_health(DeploySettings& settings, const std::string& host_domain) const {
    std::string& url = settings.health_url;
    if (url == "docker" || url == "none") {
        settings.health_kind = url == "docker" ? HealthKind::docker : HealthKind::none;
        url.clear();
        return;
    }
    if (url.empty()) {
        std::string prefix;
        for (const char c : settings.service) {
            const auto byte = static_cast<unsigned char>(c);
            prefix += std::isalnum(byte) != 0 ? static_cast<char>(std::toupper(byte)) : '_';
        }
        std::string environment = settings.environment;
        std::transform(environment.begin(), environment.end(), environment.begin(), [](char c) {
            return static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        });
        const auto domain =
            host_domain.empty() ? variable(environment + "_DOMAIN") : std::optional(host_domain);
        const auto path = variable(prefix + "_PREFIX");
        if (domain && path) {
            url = (domain->find("://") == std::string::npos ? "https://" : "") + *domain
                  + (path->starts_with('/') ? "" : "/") + *path + "/health";
        }
    }
    settings.health_kind = url.empty() ? HealthKind::unset : HealthKind::url;
}

} // namespace loomrel::config
