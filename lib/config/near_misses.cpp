#include "lib/base/text.hpp"
#include "lib/config/lookup.hpp"
#include "lib/config/values.hpp"

#include <algorithm>
#include <array>

namespace loomrel::config {

namespace {

// Variables that are no developer's, and that loomrel knows.
constexpr std::array<std::string_view, 17> k_known_variables{
    "LOOM_RELEASE_TG_BOT_API_URL",
    "LOOM_INTERSERVER_SECRET_KEY",
    "LOOM_RELEASE_TG_BOT_CONTAINER_NAME",
    "LOOM_RELEASE_TG_BOT_PORT",
    "LOOM_RELEASE_TG_BOT_PREFIX",
    "LOOM_RELEASE_TG_BOT_TOKEN",
    "LOOM_RELEASE_TG_BOT_POSTGRES_CONTAINER_NAME",
    "LOOM_RELEASE_TG_BOT_POSTGRES_PORT",
    "LOOM_RELEASE_TG_BOT_POSTGRES_DB_NAME",
    "LOOM_RELEASE_TG_BOT_POSTGRES_USER",
    "LOOM_RELEASE_TG_BOT_POSTGRES_PASSWORD",
    "LOOM_GITHUB_TOKEN",
    "LOG_LEVEL",
    "ENVIRONMENT",
    "LOOMREL_STORE",
    "LOOMREL_STORE_PASSWORD",
    "LOOMREL_INSECURE",
};

constexpr std::array<std::string_view, 8> k_host_suffixes{
    "_HOST", "_PASSWORD", "_USER", "_PORT", "_KEY_FILE", "_KEY", "_HOST_KEY", "_DOMAIN"};

} // namespace

std::vector<Phrase> near_misses(const EnvValues& values,
                                const std::map<std::string, std::string>& developers,
                                const std::string& place) {
    std::vector<std::string> known(k_known_variables.begin(), k_known_variables.end());
    for (const std::string prefix : {"STAGE", "PROD"}) {
        for (const std::string_view suffix : k_host_suffixes) {
            known.push_back(prefix + std::string(suffix));
        }
    }
    std::vector<Phrase> found;
    for (const auto& [name, line] : values) {
        const bool is_known = std::find(known.begin(), known.end(), name) != known.end();
        const bool is_developer = std::any_of(
            k_host_suffixes.begin(),
            k_host_suffixes.end(),
            [&, &key = name](std::string_view suffix) {
                return key.ends_with(suffix)
                       && developers.contains(fold(key.substr(0, key.size() - suffix.size())));
            });
        if (is_known || is_developer) {
            continue;
        }
        if (const auto meant = did_you_mean(name, known)) {
            const std::string where = place + ":" + std::to_string(line.line) + ": ";
            found.push_back({where + name + " не используется; может быть, " + *meant + "?",
                             where + name + " is not used; did you mean " + *meant + "?"});
        }
    }
    // A slip in STAGE_HOST makes a developer: once, by the line that does it.
    const std::vector<std::string> environments{"STAGE", "PROD"};
    for (const auto& [folded, prefix] : developers) {
        if (const auto meant = did_you_mean(folded, environments)) {
            const std::string where = place + ":" + std::to_string(values.at(prefix + "_HOST").line)
                                      + ": " + prefix + "_HOST";
            found.push_back(
                {where + " — хост разработчика " + prefix + "; может быть, " + *meant + "_HOST?",
                 where + " is developer " + prefix + "'s host; did you mean " + *meant + "_HOST?"});
        }
    }
    return found;
}

} // namespace loomrel::config
