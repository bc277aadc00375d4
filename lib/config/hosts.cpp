#include "lib/base/error.hpp"
#include "lib/base/text.hpp"
#include "lib/config/config.hpp"
#include "lib/config/fields.hpp"
#include "lib/config/host_text.hpp"
#include "lib/config/night.hpp"
#include "lib/config/values.hpp"

#include <algorithm>
#include <cctype>

namespace loomrel::config {

namespace {

constexpr const char* k_known_hosts = "loomrel.known_hosts";

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](char c) {
        return static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    });
    return text;
}

bool is_same_place(const Host& one, const Host& other) {
    return to_lower(one.address) == to_lower(other.address) && one.port == other.port;
}

std::string quoted_if_several(const std::string& text) {
    const std::string line = sanitize_line(text);
    return line.find(' ') == std::string::npos ? line : "'" + line + "'";
}

} // namespace

std::vector<Host> Config::hosts(const std::string& environment, const std::string& service) const {
    const std::vector<std::string> prefixes{upper(environment)};
    std::vector<Host> found;
    // A developer's machine is named by the login, never by its environment.
    if (environment != "dev") {
        found = trusted_hosts(environment, service);
        choose_hosts(found, environment, service);
    }
    if (found.empty()) {
        const std::string& prefix = prefixes.front();
        throw Error(
            ErrorKind::config,
            "no_hosts",
            {"для окружения " + environment + " не задан ни один хост",
             "no host is configured for environment " + environment},
            {"добавьте в .env.servers " + prefix + "_HOST и " + prefix
                 + "_PASSWORD (или _KEY_FILE)",
             "add " + prefix + "_HOST and " + prefix + "_PASSWORD (or _KEY_FILE) to .env.servers"});
    }
    for (Host& host : found) {
        give_secrets(host, prefixes);
        put(host.connect_wait, narrowest("connect_wait", service, environment));
    }
    return found;
}

// <ENV>_HOST of the process, else the trusted file's list, else <ENV>_HOST of .env.servers.
std::vector<Host> Config::trusted_hosts(const std::string& environment,
                                        const std::string& service) const {
    const std::vector<std::string> prefixes{upper(environment)};
    auto hosts = named_hosts(prefixes, environment, Source::environment);
    if (!hosts.empty()) {
        return hosts;
    }
    if (const Value* listed = narrowest("hosts", service, environment)) {
        return listed_hosts(*listed, environment);
    }
    return named_hosts(prefixes, environment, Source::env_servers);
}

std::vector<Host> Config::listed_hosts(const Value& list, const std::string& environment) const {
    std::vector<Host> hosts;
    for (const auto& text : std::get<std::vector<std::string>>(list.content)) {
        Host host = host_of({upper(environment)}, environment);
        read_host(host, text, list.origin.place);
        hosts.push_back(std::move(host));
    }
    return hosts;
}

const Value* Config::repository_hosts(const std::string& environment,
                                      const std::string& service) const {
    for (const std::string& table : {"environments." + environment + ".services." + service,
                                     "environments." + environment,
                                     "services." + service,
                                     std::string("deploy")}) {
        const auto found = m_repository.find(table + ".hosts");
        if (found != m_repository.end()) {
            return &found->second;
        }
    }
    return nullptr;
}

// The repository's list chooses among the trusted side's hosts, and puts them in order; in
// production it only puts them in order, and those that it leaves out come last.
void Config::choose_hosts(std::vector<Host>& trusted,
                          const std::string& environment,
                          const std::string& service) const {
    const Value* list = repository_hosts(environment, service);
    if (list == nullptr) {
        return;
    }
    const auto add_missing = [](std::vector<Host>& to, const Host& one) {
        if (std::none_of(to.begin(), to.end(), [&](const Host& host) {
                return is_same_place(host, one) && host.user == one.user;
            })) {
            to.push_back(one);
        }
    };
    try {
        std::vector<Host> chosen;
        for (const Host& asked : listed_hosts(*list, environment)) {
            const auto same = std::find_if(trusted.begin(), trusted.end(), [&](const Host& host) {
                return is_same_place(host, asked);
            });
            if (same == trusted.end()) {
                refuse_host(asked, *list, environment, service);
            }
            add_missing(chosen, *same);
        }
        for (const Host& host : trusted) {
            if (environment == "prod") {
                add_missing(chosen, host);
            }
        }
        trusted = std::move(chosen);
    } catch (const Error&) {
        // What was said for this one command stands; and whoever must go on has where to go.
        const bool is_said_now = process_variable(upper(environment) + "_HOST").has_value();
        if (!is_said_now && (!must_go_on || trusted.empty())) {
            throw;
        }
    }
}

std::optional<Phrase> Config::unlisted_hosts(const std::string& service) const {
    const Value* list = repository_hosts("prod", service);
    if (list == nullptr) {
        return std::nullopt;
    }
    std::vector<std::string> unlisted;
    try {
        const auto listed = listed_hosts(*list, "prod");
        for (const Host& host : trusted_hosts("prod", service)) {
            if (std::none_of(listed.begin(), listed.end(), [&](const Host& one) {
                    return is_same_place(one, host);
                })) {
                unlisted.push_back(shown_place(host));
            }
        }
    } catch (const Error&) {
        return std::nullopt; // what is wrong with a list is said by whoever asks for the hosts
    }
    if (unlisted.empty()) {
        return std::nullopt;
    }
    const std::string where = sanitize_line(list->origin.place);
    const std::string names = join(unlisted, ", ");
    return Phrase{where + ": в списке нет хостов production " + names
                      + ": они идут последними; убрать хост может только доверенная сторона",
                  where + ": the list leaves out hosts of production, " + names
                      + ": they come last; only the trusted side takes a host out"};
}

void Config::refuse_host(const Host& asked,
                         const Value& list,
                         const std::string& environment,
                         const std::string& service) const {
    const std::string shown = shown_place(asked);
    const std::string where = sanitize_line(list.origin.place);
    Phrase mend;
    if (const Value* own = narrowest("hosts", service, environment)) {
        // It is stronger than a line of .env.servers.
        const std::string place = sanitize_line(own->origin.place);
        mend = {"если он ваш, допишите его в список: " + place,
                "if it is yours, add it to the list: " + place};
    } else {
        const auto& texts = std::get<std::vector<std::string>>(list.content);
        const std::string line =
            upper(environment) + "_HOST=" + quoted_if_several(join(texts, " "));
        const std::string file = m_env_place.empty() ? ".env.servers" : m_env_place;
        mend = {"если он ваш, впишите в " + file + " строку " + line,
                "if it is yours, write this line into " + file + ": " + line};
    }
    throw Error(ErrorKind::config,
                "not_repositorys",
                {where + ": хост " + shown
                     + " назван только в файле репозитория, а его меняет любой, кто пушит ветку",
                 where + ": host " + shown
                     + " is named only in a repository's file, which whoever pushes a branch can "
                       "change"},
                with_way_back(std::move(mend), first_production_host()));
}

std::string Config::first_production_host() const {
    for (const std::string& service : services_with_hosts("prod")) {
        try {
            const auto hosts = trusted_hosts("prod", service);
            if (!hosts.empty()) {
                return shown_place(hosts.front());
            }
        } catch (const Error&) { // what stands there is no host
            continue;
        }
    }
    return "";
}

// "" first: of no service in particular.
std::vector<std::string> Config::services_with_hosts(const std::string& environment) const {
    std::vector<std::string> names{""};
    names.insert(names.end(), services.begin(), services.end());
    const std::string prefix = "environments." + environment + ".services.";
    constexpr std::string_view k_hosts = ".hosts";
    for (const auto* values : {&m_values, &m_repository}) {
        for (const auto& [name, value] : *values) {
            if (!name.starts_with(prefix) || !name.ends_with(k_hosts)) {
                continue;
            }
            const std::string service =
                name.substr(prefix.size(), name.size() - prefix.size() - k_hosts.size());
            if (std::find(names.begin(), names.end(), service) == names.end()) {
                names.push_back(service);
            }
        }
    }
    return names;
}

std::vector<Host> Config::hosts(const std::string& environment) const {
    std::vector<Host> found;
    std::optional<Error> none;
    for (const std::string& service : services_with_hosts(environment)) {
        try {
            for (Host& host : hosts(environment, service)) {
                const bool known = std::any_of(found.begin(), found.end(), [&](const Host& other) {
                    return other.address == host.address && other.port == host.port
                           && other.user == host.user;
                });
                if (!known) {
                    found.push_back(std::move(host));
                }
            }
        } catch (const Error& error) {
            // At night one list that cannot be read hides no other.
            if (error.code() != "no_hosts" && !must_go_on) {
                throw;
            }
            none = none && none->code() != "no_hosts" ? none : error;
        }
    }
    if (found.empty()) {
        throw Error(*none);
    }
    return found;
}

std::vector<std::filesystem::path> Config::known_hosts_files() const {
    std::vector<std::filesystem::path> files;
    if (!toml_path.empty()) {
        files.push_back(toml_path.parent_path() / k_known_hosts);
    }
    files.push_back(
        (repository_toml_path.empty() ? m_working_directory : repository_toml_path.parent_path())
        / k_known_hosts);
    return files;
}

// What is meant to be committed stands in the repository.
std::filesystem::path Config::known_hosts() const {
    const bool only_trusted = repository_toml_path.empty() && !toml_path.empty();
    const auto files = known_hosts_files();
    return only_trusted ? files.front() : files.back();
}

} // namespace loomrel::config
