#include "lib/deploy/shown_settings.hpp"

#include "lib/base/digest.hpp"
#include "lib/base/text.hpp"
#include "lib/store/store.hpp"

namespace loomrel::deploy {

namespace {

// Enough that nobody finds another value for it.
constexpr std::size_t k_digits = 32;

std::map<std::string, std::string> values_of(const config::DeploySettings& settings) {
    const auto word = [](config::HealthKind kind, const std::string& url) -> std::string {
        switch (kind) {
        case config::HealthKind::unset:
            return "";
        case config::HealthKind::docker:
            return "docker";
        case config::HealthKind::none:
            return "none";
        case config::HealthKind::url:
            return url;
        }
        return "";
    };
    return {{"engine", settings.engine == config::Engine::command ? "command" : "compose"},
            {"root", settings.root},
            {"system_dir", settings.system_dir},
            {"compose_file", settings.compose_file},
            {"env_files", join(settings.env_files, "\n")},
            {"log_root", settings.log_root},
            {"state_dir", settings.state_dir},
            {"dir", settings.dir},
            {"compose_services", join(settings.compose_services, "\n")},
            {"health", word(settings.health_kind, settings.health_url)},
            {"hooks.before_up", settings.hooks.before_up},
            {"hooks.after_up", settings.hooks.after_up},
            {"hooks.before_rollback", settings.hooks.before_rollback},
            {"hooks.on_failure", settings.hooks.on_failure},
            {"build", settings.build},
            {"up", settings.up},
            {"current", settings.current},
            {"restore_on_failure", settings.restore_on_failure ? "true" : "false"}};
}

} // namespace

std::map<std::string, std::string> shown_settings(const config::DeploySettings& settings) {
    config::DeploySettings usual;
    usual.dir = settings.service;
    usual.compose_services = {settings.service};
    const auto defaults = values_of(usual);
    std::map<std::string, std::string> shown{{std::string(store::k_settings_form), "1"}};
    for (const auto& [key, value] : values_of(settings)) {
        if (defaults.at(key) != value) {
            shown[key] = to_hex(sha256(value)).substr(0, k_digits);
        }
    }
    return shown;
}

void keep_unproven(config::DeploySettings& settings,
                   const std::map<std::string, std::string>& deployed) {
    const auto own = shown_settings(settings);
    const auto value = [](const auto& shown, const std::string& key) {
        const auto found = shown.find(key);
        return found == shown.end() ? std::string() : found->second;
    };
    std::erase_if(settings.of_repository,
                  [&](const std::string& key) { return value(own, key) == value(deployed, key); });
}

bool is_unproven(const config::DeploySettings& settings) {
    return settings.environment == "prod"
           && (settings.lacks_trusted_file || !settings.of_repository.empty());
}

std::string proven_state_dir(const config::DeploySettings& settings) {
    const bool is_of_repository =
        settings.environment == "prod" && settings.of_repository.contains("state_dir");
    return is_of_repository ? "" : settings.state_dir;
}

} // namespace loomrel::deploy
