#include "lib/base/error.hpp"
#include "lib/base/text.hpp"
#include "lib/config/config.hpp"
#include "lib/config/fields.hpp"
#include "lib/config/host_text.hpp"
#include "lib/config/lookup.hpp"
#include "lib/config/night.hpp"
#include "lib/config/values.hpp"

#include <algorithm>

// <PREFIX>_HOST and what stands beside it, in the process's environment and in .env.servers.
namespace loomrel::config {

std::string Config::variable_place(const std::string& variable) const {
    const auto line = m_env.find(variable);
    return process_variable(variable) || line == m_env.end()
               ? "$" + variable
               : m_env_place + ":" + std::to_string(line->second.line) + ": " + variable;
}

std::optional<std::string> Config::process_variable(const std::string& name) const {
    const auto own = m_environment.find(name);
    return own != m_environment.end() && !own->second.empty() ? std::optional(own->second)
                                                              : std::nullopt;
}

std::optional<std::string> Config::variable(const std::string& name) const {
    if (auto own = process_variable(name)) {
        return own;
    }
    if (const auto line = m_env.find(name); line != m_env.end() && !line->second.value.empty()) {
        return line->second.value;
    }
    return std::nullopt;
}

std::vector<std::string> Config::spellings(const std::string& prefix,
                                           std::string_view suffix) const {
    const std::string folded = fold(prefix);
    std::vector<std::string> found;
    for (const auto& [name, line] : m_env) {
        if (line.value.empty() || !name.ends_with(suffix)) {
            continue;
        }
        const std::string own = name.substr(0, name.size() - suffix.size());
        if (own == prefix || (fold(own) == folded && !is_reserved(folded))) {
            found.push_back(name);
        }
    }
    return found;
}

// The name of <prefix><suffix> in one source: of the process's spellings and the file's the first.
std::string Config::name_in(const std::vector<std::string>& prefixes,
                            std::string_view suffix,
                            Source source) const {
    const std::string ending(suffix);
    if (source == Source::environment) {
        for (const std::string& prefix : prefixes) {
            if (process_variable(prefix + ending)) {
                return prefix + ending;
            }
        }
        return "";
    }
    const std::vector<std::string> lines = spellings(prefixes.front(), suffix);
    if (lines.size() > 1) {
        const std::string where = variable_place(lines.back());
        throw Error(ErrorKind::config,
                    "developer_twice",
                    {where + " и " + lines.front() + " — один и тот же логин GitHub",
                     where + " and " + lines.front() + " are one GitHub login"},
                    {"оставьте одну запись", "leave one of them"});
    }
    return lines.empty() ? "" : lines.front();
}

// What stands beside <prefix>_HOST and is no secret; the process wins over the file.
Host Config::host_of(const std::vector<std::string>& prefixes, const std::string& name) const {
    const auto name_of = [&](const char* suffix) {
        const std::string own = name_in(prefixes, suffix, Source::environment);
        return own.empty() ? name_in(prefixes, suffix, Source::env_servers) : own;
    };
    const auto value = [&](const char* suffix) { return variable(name_of(suffix)); };
    Host host;
    host.name = name;
    host.user = value("_USER").value_or("root");
    if (const auto text = value("_PORT")) {
        const auto port = parse_port(*text);
        if (!port) {
            const std::string shown = sanitize_line(*text);
            const std::string where = variable_place(name_of("_PORT"));
            throw Error(
                ErrorKind::config,
                "bad_port",
                {where + ": «" + shown + "» — не порт", where + ": '" + shown + "' is no port"},
                {"нужно число от 1 до 65535", "a number from 1 to 65535 is wanted"});
        }
        host.port = *port;
    }
    host.key_file = value("_KEY_FILE").value_or("");
    host.key_file_place = host.key_file.empty() ? "" : variable_place(name_of("_KEY_FILE"));
    if (host.key_file.string().starts_with("~/") && m_environment.contains("HOME")) {
        host.key_file =
            std::filesystem::path(m_environment.at("HOME")) / host.key_file.string().substr(2);
    }
    host.host_keys = words_of(value("_HOST_KEY").value_or(""));
    host.domain = value("_DOMAIN").value_or("");
    return host;
}

std::vector<Host> Config::named_hosts(const std::vector<std::string>& prefixes,
                                      const std::string& name,
                                      Source source) const {
    const std::string key = name_in(prefixes, "_HOST", source);
    if (key.empty()) {
        return {};
    }
    const auto line = m_env.find(key);
    const bool of_process = source == Source::environment;
    const std::string text = of_process ? *process_variable(key) : line->second.value;
    const std::string where =
        of_process ? "$" + key : m_env_place + ":" + std::to_string(line->second.line) + ": " + key;
    std::vector<Host> hosts;
    for (const std::string& word : words_of(text)) {
        Host host = host_of(prefixes, name);
        read_host(host, word, where);
        hosts.push_back(std::move(host));
    }
    return hosts;
}

void Config::give_secrets(Host& host, const std::vector<std::string>& prefixes) const {
    std::string stray; // a secret beside which this host is not named
    const std::string place = place_of_host(host.address, host.port);
    for (const Source source : {Source::environment, Source::env_servers}) {
        const auto secret = [&](std::string_view suffix) {
            const std::string key = name_in(prefixes, suffix, source);
            if (key.empty()) {
                return Secret();
            }
            return Secret(source == Source::environment ? *process_variable(key)
                                                        : m_env.at(key).value);
        };
        const Secret password = secret("_PASSWORD");
        const Secret private_key = secret("_KEY");
        if (password.empty() && private_key.empty()) {
            continue;
        }
        const auto named = named_hosts(prefixes, host.name, source);
        const bool is_named = std::any_of(named.begin(), named.end(), [&](const Host& one) {
            return place_of_host(one.address, one.port) == place;
        });
        if (!is_named) {
            const std::string key =
                name_in(prefixes, password.empty() ? "_KEY" : "_PASSWORD", source);
            stray = source == Source::environment
                        ? "$" + key
                        : m_env_place + ":" + std::to_string(m_env.at(key).line) + ": " + key;
            continue;
        }
        if (host.password.empty()) {
            host.password = BoundSecret(password, {place});
        }
        if (host.key.empty()) {
            host.key = BoundSecret(private_key, {place});
        }
    }
    if (!stray.empty() && host.password.empty() && host.key.empty() && host.key_file.empty()) {
        const std::string shown = shown_place(host);
        const std::string line = prefixes.front() + "_HOST=" + shown;
        throw Error(
            ErrorKind::config,
            "secret_of_another_host",
            {stray + ": хост " + shown + " рядом не назван, поэтому секрет туда не отправлен",
             stray + ": host " + shown
                 + " is not named beside it, so the secret was not sent there"},
            with_way_back(
                {"если секрет для него, впишите рядом (несколько хостов — через пробел): " + line,
                 "if the secret is for it, write beside it (several hosts with blanks "
                 "between them): "
                     + line},
                shown));
    }
}

// How the process spells a login in <login>_HOST.
std::optional<std::string> Config::spelling_of(const std::string& folded) const {
    std::optional<std::string> found;
    for (const auto& [name, value] : m_environment) {
        if (!name.ends_with("_HOST") || value.empty()
            || fold(std::string_view(name).substr(0, name.size() - 5)) != folded) {
            continue;
        }
        if (found) {
            throw Error(ErrorKind::config,
                        "developer_twice",
                        {"$" + *found + "_HOST и $" + name + " — один и тот же логин GitHub",
                         "$" + *found + "_HOST and $" + name + " are one GitHub login"},
                        {"оставьте одну переменную", "leave one of them"});
        }
        found = name.substr(0, name.size() - 5);
    }
    return found;
}

std::optional<Host> Config::developer(std::string_view login) const {
    const std::string folded = fold(login);
    if (folded.empty() || is_reserved(folded)) {
        return std::nullopt;
    }
    std::vector<std::string> prefixes;
    if (auto own = spelling_of(folded)) {
        prefixes.push_back(*std::move(own));
    }
    if (const auto known = m_developers.find(folded); known != m_developers.end()) {
        prefixes.push_back(known->second);
    }
    if (prefixes.empty()) {
        return std::nullopt;
    }
    for (const Source source : {Source::environment, Source::env_servers}) {
        std::vector<Host> named = named_hosts(prefixes, prefixes.back(), source);
        if (named.empty()) {
            continue;
        }
        if (named.size() > 1) {
            const std::string where = variable_place(name_in(prefixes, "_HOST", source));
            throw Error(
                ErrorKind::config,
                "bad_host",
                {where + ": у разработчика один хост", where + ": a developer has one host"});
        }
        give_secrets(named.front(), prefixes);
        put(named.front().connect_wait, narrowest("connect_wait", "", "dev"));
        return named.front();
    }
    return std::nullopt;
}

std::vector<std::string> Config::developers() const {
    std::vector<std::string> names;
    for (const auto& [folded, prefix] : m_developers) {
        names.push_back(prefix);
    }
    return names;
}

} // namespace loomrel::config
