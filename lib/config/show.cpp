#include "lib/config/config.hpp"
#include "lib/config/values.hpp"

#include <set>
#include <utility>

namespace loomrel::config {

namespace {

// Variables that hold secrets, as `config show` lists them: set or not, never what.
constexpr std::string_view k_secret_variables[] = {"LOOM_RELEASE_TG_BOT_TOKEN",
                                                   "LOOM_INTERSERVER_SECRET_KEY",
                                                   "LOOM_GITHUB_TOKEN",
                                                   "LOOM_RELEASE_TG_BOT_POSTGRES_PASSWORD",
                                                   "LOOMREL_STORE_PASSWORD"};

// Those that are no key of a file, with their defaults: the server's, by the spec's own names, and
// where secrets may go without TLS.
constexpr std::pair<std::string_view, std::string_view> k_open_variables[] = {
    {"LOOM_RELEASE_TG_BOT_PREFIX", "/api/tg-bot"},
    {"LOOM_RELEASE_TG_BOT_CONTAINER_NAME", ""},
    {"LOG_LEVEL", "INFO"},
    {"ENVIRONMENT", ""},
    {"LOOMREL_INSECURE", ""}};

constexpr std::string_view k_host_variables[] = {
    "_HOST", "_USER", "_PORT", "_DOMAIN", "_HOST_KEY", "_KEY_FILE"};
constexpr std::string_view k_host_secrets[] = {"_PASSWORD", "_KEY"};

} // namespace

std::vector<Shown> Config::shown() const {
    std::vector<Shown> rows;
    std::set<std::string> done;
    const auto add = [&](const std::string& name, std::string_view fallback) {
        const auto found = m_values.find(name);
        if (found == m_values.end() && name.ends_with(".hosts") && m_repository.contains(name)) {
            return; // which hosts the repository chooses is told below
        }
        done.insert(name);
        if (found != m_values.end()) {
            rows.push_back({name, config::shown(found->second.content), found->second.origin, ""});
        } else {
            rows.push_back({name, std::string(fallback), {}, ""});
        }
        if (const Key* key = find_dotted_key(name)) {
            rows.back().in_repository = to_string(key->in_repository);
        }
    };
    for (const Key& key : plain_keys()) {
        add(std::string(key.name), key.fallback);
    }
    for (const Key& key : deploy_keys()) {
        add("deploy." + std::string(key.name), key.fallback);
    }
    for (const auto& [name, value] : m_values) {
        if (!done.contains(name)) {
            add(name, "");
        }
    }
    for (const auto& [name, value] : m_repository) {
        if (!done.contains(name)) { // which hosts it chooses
            rows.push_back({name,
                            config::shown(value.content),
                            value.origin,
                            std::string(to_string(InRepository::subset))});
        }
    }
    const auto add_variable = [&](const std::string& name, bool secret) {
        const auto value = variable(name);
        if (!value) {
            return false;
        }
        const bool own = m_environment.contains(name) && !m_environment.at(name).empty();
        rows.push_back(
            {name,
             secret                    ? std::string(Secret::masked())
             : name.ends_with("_HOST") ? shown_host(*value)
                                       : *value,
             {own ? Source::environment : Source::env_servers,
              own ? "$" + name : m_env_place + ":" + std::to_string(m_env.at(name).line)},
             ""});
        return true;
    };
    for (const auto& [name, fallback] : k_open_variables) {
        if (!add_variable(std::string(name), false)) {
            rows.push_back({std::string(name), std::string(fallback), {}, ""});
        } else if (name == "LOOM_RELEASE_TG_BOT_PREFIX") {
            rows.back().value = server.prefix; // with the slash that it may lack there
        }
    }
    for (const std::string_view name : k_secret_variables) {
        (void)add_variable(std::string(name), true);
    }
    std::vector<std::string> prefixes{"STAGE", "PROD"};
    for (const auto& [folded, prefix] : m_developers) {
        prefixes.push_back(prefix);
    }
    const auto add_beside = [&](const std::string& prefix, std::string_view suffix, bool secret) {
        const std::string own = prefix + std::string(suffix);
        const std::vector<std::string> lines = spellings(prefix, suffix);
        if (process_variable(own) || lines.empty()) {
            (void)add_variable(own, secret);
            return;
        }
        for (const std::string& line : lines) {
            (void)add_variable(line, secret);
        }
    };
    for (const std::string& prefix : prefixes) {
        for (const std::string_view suffix : k_host_variables) {
            add_beside(prefix, suffix, false);
        }
        for (const std::string_view suffix : k_host_secrets) {
            add_beside(prefix, suffix, true);
        }
    }
    return rows;
}

std::vector<Secret> Config::secrets() const {
    std::vector<Secret> all{store.password.unsent(),
                            store.api_secret.unsent(),
                            telegram.token.unsent(),
                            github.token.unsent()};
    std::vector<std::string> prefixes{"STAGE", "PROD"};
    for (const auto& [folded, prefix] : m_developers) {
        prefixes.push_back(prefix);
    }
    for (const std::string& prefix : prefixes) {
        for (const std::string_view suffix : k_host_secrets) {
            all.emplace_back(process_variable(prefix + std::string(suffix)).value_or(""));
            for (const std::string& line : spellings(prefix, suffix)) {
                all.emplace_back(m_env.at(line).value);
            }
        }
    }
    for (const char* name : {"LOOM_RELEASE_TG_BOT_POSTGRES_PASSWORD", "LOOMREL_STORE_PASSWORD"}) {
        all.emplace_back(process_variable(name).value_or(""));
        if (const auto line = m_env.find(name); line != m_env.end()) {
            all.emplace_back(line->second.value); // also of what the process overrides
        }
    }
    all.insert(all.end(), m_url_secrets.begin(), m_url_secrets.end());
    // What opens <login>_HOST of the process: which of them are logins is known only when one asks.
    for (const auto& [name, value] : m_environment) {
        for (const std::string_view suffix : k_host_secrets) {
            if (name.ends_with(suffix)
                && process_variable(name.substr(0, name.size() - suffix.size()) + "_HOST")) {
                all.emplace_back(value);
            }
        }
    }
    std::erase_if(all, [](const Secret& secret) { return secret.empty(); });
    return all;
}

} // namespace loomrel::config
