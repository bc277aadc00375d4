#include "lib/base/error.hpp"
#include "lib/base/text.hpp"
#include "lib/config/config.hpp"
#include "lib/config/fields.hpp"
#include "lib/config/lookup.hpp"
#include "lib/config/values.hpp"

#include <algorithm>
#include <cctype>

namespace loomrel::config {

namespace {

// The colon of "user:password@host"; npos = there is no password. A password may hold "@", a host
// does not.
std::size_t password_at(std::string_view text) {
    const std::size_t at = text.rfind('@');
    const std::size_t colon = text.find(':');
    return at == std::string_view::npos || colon > at ? std::string_view::npos : colon;
}

[[noreturn]] void bad_host(const std::string& where, const std::string& text) {
    const std::string shown = sanitize_line(shown_host(text));
    throw Error(ErrorKind::config,
                "bad_host",
                {where + ": «" + shown + "» — не хост", where + ": '" + shown + "' is no host"},
                {"нужно [USER@]HOST[:PORT], IPv6 — в скобках: root@[fd00::1]:22",
                 "[USER@]HOST[:PORT] is wanted, IPv6 in brackets: root@[fd00::1]:22"});
}

std::optional<std::uint16_t> parse_port(const std::string& text) {
    const auto port = parse_integer(text);
    return port && *port >= 1 && *port <= 65535 ? std::optional(static_cast<std::uint16_t>(*port))
                                                : std::nullopt;
}

std::uint16_t port_of(const std::string& text, const std::string& where, const std::string& whole) {
    const auto port = parse_port(text);
    if (!port) {
        bad_host(where, whole);
    }
    return *port;
}

bool is_plain(std::string_view text) {
    return !text.empty() && text.front() != '-'
           && std::all_of(text.begin(), text.end(), [](char c) {
                  return std::isalnum(static_cast<unsigned char>(c)) != 0
                         || std::string_view(".-_:%").find(c) != std::string_view::npos;
              });
}

// "root@192.168.1.30:22", "[fd00::1]", "host"; what is missing stays as it is.
void read_host(Host& host, const std::string& text, const std::string& where) {
    refuse_password(text, where);
    std::string rest = text;
    if (const std::size_t at = rest.rfind('@'); at != std::string::npos) {
        host.user = rest.substr(0, at);
        rest.erase(0, at + 1);
        if (!is_plain(host.user)) {
            bad_host(where, text);
        }
    }
    if (!rest.empty() && rest.front() == '[') {
        const std::size_t end = rest.find(']');
        if (end == std::string::npos) {
            bad_host(where, text);
        }
        host.address = rest.substr(1, end - 1);
        rest.erase(0, end + 1);
        if (!rest.empty() && rest.front() != ':') {
            bad_host(where, text);
        }
        if (!rest.empty()) {
            host.port = port_of(rest.substr(1), where, text);
        }
    } else if (const std::size_t colon = rest.find(':');
               colon != std::string::npos && rest.find(':', colon + 1) == std::string::npos) {
        host.address = rest.substr(0, colon);
        host.port = port_of(rest.substr(colon + 1), where, text);
    } else {
        host.address = rest;
    }
    if (!is_plain(host.address)) {
        bad_host(where, text);
    }
}

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](char c) {
        return static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    });
    return text;
}

} // namespace

void refuse_password(const std::string& host, const std::string& where) {
    if (password_at(host) != std::string::npos) {
        throw Error(
            ErrorKind::config,
            "password_in_host",
            {where + ": паролю в адресе хоста не место",
             where + ": a password does not stand in a host's address"},
            {"пароли хостов — в .env.servers: STAGE_PASSWORD, PROD_PASSWORD, <логин>_PASSWORD",
             "hosts' passwords stand in .env.servers: STAGE_PASSWORD, PROD_PASSWORD, "
             "<login>_PASSWORD"});
    }
}

std::string shown_host(const std::string& text) {
    const std::size_t colon = password_at(text);
    return colon == std::string::npos ? text
                                      : text.substr(0, colon + 1) + std::string(Secret::masked())
                                            + text.substr(text.rfind('@'));
}

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

// What stands beside <prefix>_HOST; of the process's spelling and the file's the first wins.
Host Config::host_of(const std::vector<std::string>& prefixes, const std::string& name) const {
    const auto name_of = [&](const char* suffix) {
        for (const std::string& prefix : prefixes) {
            if (process_variable(prefix + suffix)) {
                return prefix + suffix;
            }
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
        return lines.empty() ? prefixes.front() + suffix : lines.front();
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
    host.password = Secret(value("_PASSWORD").value_or(""));
    host.key_file = value("_KEY_FILE").value_or("");
    host.key_file_place = host.key_file.empty() ? "" : variable_place(name_of("_KEY_FILE"));
    if (host.key_file.string().starts_with("~/") && m_environment.contains("HOME")) {
        host.key_file =
            std::filesystem::path(m_environment.at("HOME")) / host.key_file.string().substr(2);
    }
    host.key = Secret(value("_KEY").value_or(""));
    host.host_key = value("_HOST_KEY").value_or("");
    host.domain = value("_DOMAIN").value_or("");
    return host;
}

std::vector<Host> Config::hosts(const std::string& environment, const std::string& service) const {
    const std::string prefix = upper(environment);
    std::vector<Host> found;
    const auto add = [&](const std::string& text, const std::string& where) {
        Host host = host_of({prefix}, environment);
        read_host(host, text, where);
        found.push_back(std::move(host));
    };
    // A developer's machine is named by the login, never by its environment.
    if (environment != "dev") {
        const Value* listed = narrowest("hosts", service, environment);
        if (const auto own = process_variable(prefix + "_HOST")) {
            add(*own, variable_place(prefix + "_HOST"));
        } else if (listed != nullptr) {
            for (const auto& text : std::get<std::vector<std::string>>(listed->content)) {
                add(text, listed->origin.place);
            }
        } else if (const auto address = variable(prefix + "_HOST")) {
            add(*address, variable_place(prefix + "_HOST"));
        }
    }
    if (found.empty()) {
        throw Error(ErrorKind::config,
                    "no_hosts",
                    {"для окружения " + environment + " не задан ни один хост",
                     "no host is configured for environment " + environment},
                    {"добавьте в .env.servers " + prefix + "_HOST и " + prefix
                         + "_PASSWORD (или _KEY_FILE), или hosts в [environments." + environment
                         + "]",
                     "add " + prefix + "_HOST and " + prefix
                         + "_PASSWORD (or _KEY_FILE) to .env.servers, or hosts to [environments."
                         + environment + "]"});
    }
    return found;
}

std::vector<Host> Config::hosts(const std::string& environment) const {
    std::vector<std::string> names{""};
    names.insert(names.end(), services.begin(), services.end());
    const std::string prefix = "environments." + environment + ".services.";
    for (const auto& [name, value] : m_values) {
        if (name.starts_with(prefix) && name.ends_with(".hosts")) {
            names.push_back(name.substr(prefix.size(), name.size() - prefix.size() - 6));
        }
    }
    std::vector<Host> found;
    std::optional<Error> none;
    for (const std::string& service : names) {
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
            if (error.code() != "no_hosts") {
                throw;
            }
            none = error;
        }
    }
    if (found.empty()) {
        throw Error(*none);
    }
    return found;
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
    Host host = host_of(prefixes, prefixes.back());
    const std::string key = prefixes.front() + "_HOST";
    read_host(host, variable(key).value_or(""), variable_place(key));
    return host;
}

std::vector<std::string> Config::developers() const {
    std::vector<std::string> names;
    for (const auto& [folded, prefix] : m_developers) {
        names.push_back(prefix);
    }
    return names;
}

std::filesystem::path Config::known_hosts() const {
    const auto folder = toml_path.empty() ? m_working_directory : toml_path.parent_path();
    return folder / "loomrel.known_hosts";
}

} // namespace loomrel::config
