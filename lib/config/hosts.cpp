#include "lib/base/error.hpp"
#include "lib/base/text.hpp"
#include "lib/config/config.hpp"
#include "lib/config/fields.hpp"
#include "lib/config/lookup.hpp"

#include <algorithm>
#include <cctype>

namespace loomrel::config {

namespace {

[[noreturn]] void bad_host(const std::string& where, const std::string& text) {
    const std::string shown = sanitize_line(text);
    throw Error(ErrorKind::config,
                "bad_host",
                {where + ": «" + shown + "» — не хост", where + ": '" + shown + "' is no host"},
                {"нужно [USER@]HOST[:PORT], IPv6 — в скобках: root@[fd00::1]:22",
                 "[USER@]HOST[:PORT] is wanted, IPv6 in brackets: root@[fd00::1]:22"});
}

std::uint16_t
parse_port(const std::string& text, const std::string& where, const std::string& whole) {
    const auto port = parse_integer(text);
    if (!port || *port < 1 || *port > 65535) {
        bad_host(where, whole);
    }
    return static_cast<std::uint16_t>(*port);
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
            host.port = parse_port(rest.substr(1), where, text);
        }
    } else if (const std::size_t colon = rest.find(':');
               colon != std::string::npos && rest.find(':', colon + 1) == std::string::npos) {
        host.address = rest.substr(0, colon);
        host.port = parse_port(rest.substr(colon + 1), where, text);
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

std::optional<std::string> Config::variable(const std::string& name) const {
    if (const auto own = m_environment.find(name);
        own != m_environment.end() && !own->second.empty()) {
        return own->second;
    }
    if (const auto line = m_env.find(name); line != m_env.end() && !line->second.value.empty()) {
        return line->second.value;
    }
    return std::nullopt;
}

// What stands beside <prefix>_HOST.
Host Config::host_of(const std::string& prefix, const std::string& name) const {
    Host host;
    host.name = name;
    host.user = variable(prefix + "_USER").value_or("root");
    if (const auto port = variable(prefix + "_PORT")) {
        host.port = parse_port(*port, prefix + "_PORT", *port);
    }
    host.password = Secret(variable(prefix + "_PASSWORD").value_or(""));
    host.key_file = variable(prefix + "_KEY_FILE").value_or("");
    if (host.key_file.string().starts_with("~/") && m_environment.contains("HOME")) {
        host.key_file =
            std::filesystem::path(m_environment.at("HOME")) / host.key_file.string().substr(2);
    }
    host.key = Secret(variable(prefix + "_KEY").value_or(""));
    host.host_key = variable(prefix + "_HOST_KEY").value_or("");
    host.domain = variable(prefix + "_DOMAIN").value_or("");
    return host;
}

std::vector<Host> Config::hosts(const std::string& environment) const {
    const std::string prefix = upper(environment);
    std::vector<Host> found;
    if (const auto listed = m_values.find("environments." + environment + ".hosts");
        listed != m_values.end()) {
        for (const std::string& text : std::get<std::vector<std::string>>(listed->second.content)) {
            Host host = host_of(prefix, environment);
            read_host(host, text, listed->second.origin.place);
            found.push_back(std::move(host));
        }
    } else if (const auto address = variable(prefix + "_HOST"); address && environment != "dev") {
        Host host = host_of(prefix, environment);
        read_host(host, *address, prefix + "_HOST");
        found.push_back(std::move(host));
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

std::optional<Host> Config::developer(std::string_view login) const {
    const auto known = m_developers.find(fold(login));
    if (known == m_developers.end()) {
        return std::nullopt;
    }
    Host host = host_of(known->second, known->second);
    read_host(host, variable(known->second + "_HOST").value_or(""), known->second + "_HOST");
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
