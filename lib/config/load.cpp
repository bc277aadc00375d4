#include "lib/base/error.hpp"
#include "lib/base/file.hpp"
#include "lib/base/text.hpp"
#include "lib/config/config.hpp"
#include "lib/config/fields.hpp"
#include "lib/config/lookup.hpp"
#include "lib/config/url.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace loomrel::config {

// Fills a Config from its inputs, step by step.
class Config::Loader {
public:
    Loader(const Inputs& inputs, Config& config)
        : m_inputs(inputs),
          m_config(config) {}

    void load() {
        m_config.m_environment = m_inputs.environment;
        m_config.m_working_directory = m_inputs.working_directory;
        m_config.in_ci = m_config.process_variable("CI") == "true";
        read_env_servers();
        read_toml();
        read_environment();
        check_urls();
        fill();
        choose_store();
    }

private:
    [[nodiscard]] const Value* value(const std::string& name) const {
        const auto found = m_config.m_values.find(name);
        return found == m_config.m_values.end() ? nullptr : &found->second;
    }

    void read_toml() {
        const auto found = find_toml(m_inputs);
        if (!found) {
            return;
        }
        m_config.toml_path = found->path;
        TomlFile file = parse_toml(found->text, found->place);
        m_config.m_values.merge(file.values);
        m_config.services = std::move(file.services);
        m_config.people = std::move(file.people);
        m_config.m_named_services = std::move(file.named_services);
    }

    void read_env_servers() {
        const auto found = find_env_servers(m_inputs);
        if (!found) {
            return;
        }
        m_config.env_servers_path = found->path;
        if (!found->path.empty() && is_readable_by_others(found->path)) {
            Phrase text{found->place + ": файл с паролями могут читать другие",
                        found->place + ": others can read the file of passwords"};
            if (!m_config.in_ci) {
                throw Error(ErrorKind::config,
                            "env_servers_readable",
                            text,
                            {"chmod 600 " + found->place, "chmod 600 " + found->place});
            }
            m_config.exposed = std::move(text);
        }
        m_config.m_env = parse_env_servers(found->text, found->place);
        m_place = m_config.m_env_place = found->place;
        find_developers();
        refuse_passwords();
        for (Phrase& each : near_misses(m_config.m_env, m_config.m_developers, m_place)) {
            m_config.m_warnings.push_back(std::move(each));
        }
    }

    void find_developers() {
        for (const auto& [name, line] : m_config.m_env) {
            if (!name.ends_with("_HOST") || name.size() == 5) {
                continue;
            }
            const std::string prefix = name.substr(0, name.size() - 5);
            const std::string folded = fold(prefix);
            if (is_reserved(folded)) {
                continue;
            }
            const auto [other, fresh] = m_config.m_developers.insert({folded, prefix});
            if (!fresh) {
                const std::string where = m_place + ":" + std::to_string(line.line) + ": ";
                throw Error(
                    ErrorKind::config,
                    "developer_twice",
                    {where + other->second + "_HOST и " + name + " — один и тот же логин GitHub",
                     where + other->second + "_HOST and " + name + " are one GitHub login"},
                    {"оставьте одну запись", "leave one of them"});
            }
        }
    }

    // Of our own hosts. What looks like a developer's may be another tool's: it is refused when it
    // is asked for.
    void refuse_passwords() {
        for (const char* name : {"STAGE_HOST", "PROD_HOST"}) {
            const auto line = m_config.m_env.find(name);
            if (line != m_config.m_env.end()) {
                refuse_password(line->second.value,
                                m_place + ":" + std::to_string(line->second.line) + ": " + name);
            }
        }
    }

    // A variable wins over the file, and the flag over both.
    void read_environment() {
        for (const Key& key : plain_keys()) {
            const std::string name(key.name);
            const std::string variable(key.environment);
            if (const auto own = m_config.process_variable(variable)) {
                m_config.m_values[name] = {content_from_text(key, name, *own, "$" + variable),
                                           {Source::environment, "$" + variable}};
            } else if (const auto line = m_config.m_env.find(variable);
                       line != m_config.m_env.end() && value(name) == nullptr) {
                m_config.m_values[name] = {
                    content_from_text(key, name, line->second.value, variable),
                    {Source::env_servers,
                     variable + ", " + m_place + ":" + std::to_string(line->second.line)}};
            }
        }
        set_flag("language", m_inputs.language_flag, "--lang");
        set_flag("store.url", m_inputs.store_flag, "--store");
    }

    void set_flag(const std::string& name,
                  const std::optional<std::string>& typed,
                  const std::string& flag) {
        if (typed) {
            m_config.m_values[name] = {
                content_from_text(*find_key(plain_keys(), name), name, *typed, flag),
                {Source::flag, flag}};
        }
    }

    // Only LOOMREL_STORE may hold a password; it is taken out at once.
    void check_urls() {
        const auto found = m_config.m_values.find("store.url");
        if (found == m_config.m_values.end()) {
            return;
        }
        auto& url = std::get<std::string>(found->second.content);
        if (url.empty()) {
            return;
        }
        StoreUrl parts = read_store_url(url, found->second.origin);
        url = std::move(parts.shown);
        m_config.store.url = std::move(parts.bare);
        m_url_password = std::move(parts.password);
        m_url_source = found->second.origin.source;
        for (std::string& secret : parts.secrets) {
            m_config.m_url_secrets.emplace_back(std::move(secret));
        }
        m_config.m_url_secrets.emplace_back(m_url_password);
    }

    // Shown as any address is: whoever put a password there means it to be one.
    void note_url(const std::string& name, const std::string& url, const std::string& variable) {
        note(name, split_password(url).first, variable);
        m_config.m_url_secrets.emplace_back(split_password(url).second);
    }

    // Says of a value that a variable gave it.
    void note(const std::string& name, const std::string& text, const std::string& variable) {
        const auto line = m_config.m_env.find(variable);
        m_config.m_values[name] = {
            text,
            m_config.process_variable(variable) || line == m_config.m_env.end()
                ? Origin{Source::environment, "$" + variable}
                : Origin{Source::env_servers,
                         variable + ", " + m_place + ":" + std::to_string(line->second.line)}};
    }

    void fill() {
        std::string language = "ru";
        put(language, value("language"));
        m_config.language = parse_language(language).value_or(Language::ru);
        put(m_config.timezone, value("timezone"));
        if (!is_known_zone(m_config.timezone)) {
            const std::string where = value("timezone")->origin.place;
            throw Error(
                ErrorKind::config,
                "bad_timezone",
                {where + ": неизвестный часовой пояс «" + sanitize_line(m_config.timezone) + "»",
                 where + ": unknown time zone '" + sanitize_line(m_config.timezone) + "'"},
                {"имена: timedatectl list-timezones", "names: timedatectl list-timezones"});
        }
        ServerSettings& server = m_config.server;
        put(server.listen, value("server.listen"));
        put(server.public_url, value("server.public_url"));
        put(server.trusted_proxies, value("server.trusted_proxies"));
        put(server.api_approvals, value("server.api_approvals"));
        // A default: with a public_url of its own, the address of the API is the runners' business.
        constexpr const char* k_api_url = "LOOM_RELEASE_TG_BOT_API_URL";
        if (const auto url = m_config.variable(k_api_url); url && server.public_url.empty()) {
            server.public_url = *url;
            note_url("server.public_url", *url, k_api_url);
        }
        server.prefix = m_config.variable("LOOM_RELEASE_TG_BOT_PREFIX").value_or(server.prefix);
        if (!server.prefix.starts_with('/')) {
            server.prefix.insert(0, "/"); // paths begin so; without it nothing would be found
        }
        server.container_name =
            m_config.variable("LOOM_RELEASE_TG_BOT_CONTAINER_NAME").value_or("");
        server.log_level = m_config.variable("LOG_LEVEL").value_or(server.log_level);
        server.environment = m_config.variable("ENVIRONMENT").value_or("");
        constexpr const char* k_port = "LOOM_RELEASE_TG_BOT_PORT";
        const auto port = value("server.listen") == nullptr ? m_config.variable(k_port)
                                                            : m_config.process_variable(k_port);
        if (port) {
            server.listen = server.listen.substr(0, server.listen.rfind(':') + 1) + *port;
            note("server.listen", server.listen, k_port);
        }
        fill_telegram();
        GithubSettings& github = m_config.github;
        put(github.owner, value("github.owner"));
        put(github.prod_workflow, value("github.prod_workflow"));
        put(github.ref, value("github.ref"));
        put(github.api_url, value("github.api_url"));
        github.token = Secret(m_config.variable("LOOM_GITHUB_TOKEN").value_or(""));
    }

    void fill_telegram() {
        TelegramSettings& telegram = m_config.telegram;
        telegram.token = Secret(m_config.variable("LOOM_RELEASE_TG_BOT_TOKEN").value_or(""));
        put(telegram.chat_id, value("telegram.chat_id"));
        for (const std::string environment : {"dev", "stage", "prod"}) {
            if (const Value* chat = value("telegram.chat_id_" + environment)) {
                put(telegram.chat_id_of[environment], chat);
            }
        }
        put(telegram.thread_id, value("telegram.thread_id"));
        put(telegram.approvers, value("telegram.approvers"));
        put(telegram.admins, value("telegram.admins"));
        if (const Value* quorum = value("telegram.quorum")) {
            const auto* number = std::get_if<std::int64_t>(&quorum->content);
            telegram.quorum = number == nullptr ? 0 : static_cast<int>(*number);
        }
        put(telegram.self_approval, value("telegram.self_approval"));
        put(telegram.approval_expires, value("telegram.approval_expires"));
        put(telegram.updates, value("telegram.updates"));
        put(telegram.api_url, value("telegram.api_url"));
    }

    // --store, LOOMREL_STORE, [store] url; all four Postgres variables; the API; SQLite.
    void choose_store() {
        StoreSettings& store = m_config.store;
        // One that stands in the process's own address belongs to it: the file's is for another.
        const bool own = m_url_source == Source::environment && !m_url_password.empty();
        const auto given = own ? m_config.process_variable("LOOMREL_STORE_PASSWORD")
                               : m_config.variable("LOOMREL_STORE_PASSWORD");
        store.password = Secret(given.value_or(m_url_password));
        store.api_secret = Secret(m_config.variable("LOOM_INTERSERVER_SECRET_KEY").value_or(""));
        if (!store.url.empty()) {
            return;
        }
        const auto postgres = [&](const std::string& name) {
            return m_config.variable("LOOM_RELEASE_TG_BOT_POSTGRES_" + name);
        };
        const auto host = postgres("CONTAINER_NAME");
        const auto name = postgres("DB_NAME");
        const auto user = postgres("USER");
        const auto password = postgres("PASSWORD");
        if (host && name && user && password) {
            store.url = "postgresql://" + url_encoded(*user) + "@" + url_encoded(*host) + ":"
                        + postgres("PORT").value_or("5432") + "/" + url_encoded(*name);
            store.password = Secret(*password);
            note("store.url", store.url, "LOOM_RELEASE_TG_BOT_POSTGRES_CONTAINER_NAME");
            return;
        }
        warn_of_half_a_postgres();
        if (const auto api = m_config.variable("LOOM_RELEASE_TG_BOT_API_URL")) {
            store.url = *api;
            note_url("store.url", store.url, "LOOM_RELEASE_TG_BOT_API_URL");
        } else {
            const auto state = m_config.variable("XDG_STATE_HOME");
            const std::string home = m_config.variable("HOME").value_or("/root");
            store.url =
                "sqlite://" + state.value_or(home + "/.local/state") + "/loomrel/releases.db";
            store.embedded = true;
            m_config.m_values["store.url"] = {store.url, {Source::built_in, ""}};
        }
    }

    // Its releases would stand somewhere else, and nobody would see why.
    void warn_of_half_a_postgres() {
        std::vector<std::string> missing;
        for (const std::string name : {"CONTAINER_NAME", "DB_NAME", "USER", "PASSWORD"}) {
            if (!m_config.variable("LOOM_RELEASE_TG_BOT_POSTGRES_" + name)) {
                missing.push_back("LOOM_RELEASE_TG_BOT_POSTGRES_" + name);
            }
        }
        if (missing.size() == 4) {
            return;
        }
        const std::string names = join(missing, ", ");
        m_config.m_warnings.push_back(
            {"Postgres из LOOM_RELEASE_TG_BOT_POSTGRES_* не используется: нет " + names,
             "the Postgres of LOOM_RELEASE_TG_BOT_POSTGRES_* is not used: " + names
                 + " is missing"});
    }

    const Inputs& m_inputs;
    Config& m_config;
    std::string m_place; // of .env.servers
    std::string m_url_password;
    Source m_url_source = Source::built_in;
};

Config::Config() = default;
Config::~Config() = default;
Config::Config(const Config&) = default;
Config::Config(Config&&) noexcept = default;
Config& Config::operator=(const Config&) = default;
Config& Config::operator=(Config&&) noexcept = default;

Config Config::load(const Inputs& inputs) {
    Config config;
    Loader(inputs, config).load();
    return config;
}

} // namespace loomrel::config
