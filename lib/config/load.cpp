#include "lib/base/bound_secret.hpp"
#include "lib/base/file.hpp"
#include "lib/base/shell_quote.hpp"
#include "lib/base/text.hpp"
#include "lib/config/fields.hpp"
#include "lib/config/loader.hpp"
#include "lib/config/url.hpp"

#include <algorithm>
#include <utility>

namespace loomrel::config {

namespace {

constexpr const char* k_api_url = "LOOM_RELEASE_TG_BOT_API_URL";
constexpr std::string_view k_telegram = "https://api.telegram.org";
constexpr std::string_view k_github = "https://api.github.com";

} // namespace

void Config::Loader::load() {
    m_config.m_environment = m_inputs.environment;
    m_config.m_working_directory = m_inputs.working_directory;
    m_config.in_ci = m_config.process_variable("CI") == "true";
    m_config.has_agent = !m_config.process_variable("SSH_AUTH_SOCK").value_or("").empty();
    m_config.must_go_on = m_inputs.must_go_on;
    read_env_servers();
    read_tomls();
    read_environment();
    read_store_address();
    fill();
    choose_store();
}

const Value* Config::Loader::value(const std::string& name) const {
    const auto found = m_config.m_values.find(name);
    return found == m_config.m_values.end() ? nullptr : &found->second;
}

const Value* Config::Loader::repository_value(const std::string& name) const {
    const auto found = m_config.m_repository.find(name);
    return found == m_config.m_repository.end() ? nullptr : &found->second;
}

void Config::Loader::tell(Phrase text) {
    auto& notices = m_config.notices;
    const bool known = std::any_of(
        notices.begin(), notices.end(), [&](const Phrase& other) { return other.en == text.en; });
    if (!known) {
        notices.push_back(std::move(text));
    }
}

void Config::Loader::or_pass_over(const std::function<void(std::vector<Phrase>*)>& read) {
    if (!m_inputs.must_go_on) {
        read(nullptr);
        return;
    }
    std::vector<Phrase> passed_over;
    try {
        read(&passed_over);
    } catch (const Error& error) {
        passed_over.push_back(error.message());
    }
    for (Phrase& each : passed_over) {
        tell(std::move(each));
    }
}

void Config::Loader::read_env_servers() {
    EnvLayer layer = find_env_servers(m_inputs);
    for (Phrase& each : layer.notices) {
        tell(std::move(each));
    }
    auto& found = layer.file;
    if (!found) {
        return;
    }
    m_config.has_trusted_side = true;
    m_config.env_servers_path = found->path;
    if (!found->path.empty() && is_readable_by_others(found->path)) {
        Phrase text{found->place + ": файл с паролями могут читать другие",
                    found->place + ": others can read the file of passwords"};
        if (!m_config.in_ci && !m_inputs.must_go_on) {
            throw Error(ErrorKind::config,
                        "env_servers_readable",
                        text,
                        {"chmod 600 " + shell_quote(found->place),
                         "chmod 600 " + shell_quote(found->place)});
        }
        tell(std::move(text));
    }
    or_pass_over([&](std::vector<Phrase>* passed_over) {
        m_config.m_env = parse_env_servers(found->text, found->place, passed_over);
    });
    wipe(found->text);
    m_place = m_config.m_env_place = found->place;
    find_developers();
    refuse_passwords();
    for (Phrase& each : near_misses(m_config.m_env, m_config.m_developers, m_place)) {
        m_config.m_warnings.push_back(std::move(each));
    }
}

void Config::Loader::find_developers() {
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
            refuse({ErrorKind::config,
                    "developer_twice",
                    {where + other->second + "_HOST и " + name + " — один и тот же логин GitHub",
                     where + other->second + "_HOST and " + name + " are one GitHub login"},
                    {"оставьте одну запись", "leave one of them"}});
        }
    }
}

// Of our own hosts. What looks like a developer's may be another tool's: it is refused when it
// is asked for.
void Config::Loader::refuse_passwords() {
    for (const char* name : {"STAGE_HOST", "PROD_HOST"}) {
        const auto line = m_config.m_env.find(name);
        if (line != m_config.m_env.end()) {
            or_pass_over([&](auto*) {
                refuse_password(line->second.value,
                                m_place + ":" + std::to_string(line->second.line) + ": " + name);
            });
        }
    }
}

// A variable wins over the file, and the flag over both.
void Config::Loader::read_environment() {
    for (const Key& key : plain_keys()) {
        or_pass_over([&](auto*) { read_variable(key); });
    }
    set_flag("language", m_inputs.language_flag, "--lang");
    set_flag("store.url", m_inputs.store_flag, "--store");
}

void Config::Loader::read_variable(const Key& key) {
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

void Config::Loader::set_flag(const std::string& name,
                              const std::optional<std::string>& typed,
                              const std::string& flag) {
    if (typed) {
        m_config.m_values[name] = {
            content_from_text(*find_key(plain_keys(), name), name, *typed, flag),
            {Source::flag, flag}};
    }
}

Origin Config::Loader::origin_of(const std::string& variable) const {
    const auto line = m_config.m_env.find(variable);
    return m_config.process_variable(variable) || line == m_config.m_env.end()
               ? Origin{Source::environment, "$" + variable}
               : Origin{Source::env_servers,
                        variable + ", " + m_place + ":" + std::to_string(line->second.line)};
}

// Shown as any address is: whoever put a password there means it to be one.
void Config::Loader::note_url(const std::string& name,
                              const std::string& url,
                              const std::string& variable) {
    note(name, split_password(url).first, variable);
    m_config.m_url_secrets.emplace_back(split_password(url).second);
}

// Says of a value that a variable gave it.
void Config::Loader::note(const std::string& name,
                          const std::string& text,
                          const std::string& variable) {
    m_config.m_values[name] = {text, origin_of(variable)};
}

void Config::Loader::fill() {
    std::string language = "ru";
    put(language, value("language"));
    m_config.language = parse_language(language).value_or(Language::ru);
    fill_zone();
    fill_server();
    fill_telegram();
    fill_github();
    m_config.cleartext = parse_cleartext(m_config.variable("LOOMREL_INSECURE").value_or(""));
}

// A machine without any zones (a bare container) shows dates in UTC, whatever is wanted.
void Config::Loader::fill_zone() {
    const Value* wanted = value("timezone");
    put(m_config.timezone, wanted);
    if (m_config.timezone == "UTC" || is_known_zone(m_config.timezone)) {
        return;
    }
    const std::string zone = sanitize_line(m_config.timezone);
    if (wanted != nullptr && has_zones()) {
        const std::string& where = wanted->origin.place;
        refuse({ErrorKind::config,
                "bad_timezone",
                {where + ": неизвестный часовой пояс «" + zone + "»",
                 where + ": unknown time zone '" + zone + "'"},
                {"имена: timedatectl list-timezones", "names: timedatectl list-timezones"}});
    }
    m_config.timezone = "UTC";
    tell({"часового пояса «" + zone + "» на этой машине нет (пакет tzdata): даты показаны в UTC",
          "this machine has no time zone '" + zone + "' (package tzdata): dates are shown in UTC"});
}

void Config::Loader::fill_server() {
    ServerSettings& server = m_config.server;
    put(server.listen, value("server.listen"));
    const auto api = m_config.variable(k_api_url);
    choose_origin("server.public_url", {api.value_or("")});
    put(server.public_url, value("server.public_url"));
    put(server.trusted_proxies, value("server.trusted_proxies"));
    put(server.look_every, value("server.look_every"));
    // A default: with a public_url of its own, the address of the API is the runners' business.
    if (api && server.public_url.empty()) {
        server.public_url = *api;
        note_url("server.public_url", *api, k_api_url);
    }
    server.prefix = m_config.variable("LOOM_RELEASE_TG_BOT_PREFIX").value_or(server.prefix);
    if (!server.prefix.starts_with('/')) {
        server.prefix.insert(0, "/"); // paths begin so; without it nothing would be found
    }
    server.log_level = m_config.variable("LOG_LEVEL").value_or(server.log_level);
    constexpr const char* k_port = "LOOM_RELEASE_TG_BOT_PORT";
    const auto port = value("server.listen") == nullptr ? m_config.variable(k_port)
                                                        : m_config.process_variable(k_port);
    if (port) {
        server.listen = server.listen.substr(0, server.listen.rfind(':') + 1) + *port;
        note("server.listen", server.listen, k_port);
    }
}

void Config::Loader::fill_telegram() {
    TelegramSettings& telegram = m_config.telegram;
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
    choose_origin("telegram.api_url", {std::string(k_telegram)});
    put(telegram.api_url, value("telegram.api_url"));
    telegram.token =
        BoundSecret(Secret(m_config.variable("LOOM_RELEASE_TG_BOT_TOKEN").value_or("")),
                    {place_of_url(k_telegram), place_of_url(telegram.api_url)});
}

void Config::Loader::fill_github() {
    GithubSettings& github = m_config.github;
    put(github.owner, value("github.owner"));
    put(github.prod_workflow, value("github.prod_workflow"));
    put(github.ref, value("github.ref"));
    choose_origin("github.api_url", {std::string(k_github)});
    put(github.api_url, value("github.api_url"));
    github.token = BoundSecret(Secret(m_config.variable("LOOM_GITHUB_TOKEN").value_or("")),
                               {place_of_url(k_github), place_of_url(github.api_url)});
}

Config::Config() = default;

Config::~Config() {
    // Passwords among them.
    for (auto& [name, line] : m_env) {
        wipe(line.value);
    }
    for (auto& [name, value] : m_environment) {
        wipe(value);
    }
}

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
