#include "lib/base/error.hpp"
#include "lib/base/file.hpp"
#include "lib/base/text.hpp"
#include "lib/config/config.hpp"
#include "lib/config/values.hpp"
#include "lib/release/names.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <map>
#include <system_error>

namespace loomrel::config {

namespace {

constexpr std::array<std::string_view, 6> k_log_levels{
    "debug", "info", "warning", "warn", "error", "critical"};

// SHA256:, and 32 bytes in base64 without its last "=".
bool is_pin(std::string_view text) {
    constexpr std::string_view k_prefix = "SHA256:";
    constexpr std::size_t k_digits = 43;
    return text.starts_with(k_prefix) && text.size() == k_prefix.size() + k_digits
           && std::all_of(text.begin() + k_prefix.size(), text.end(), [](char c) {
                  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '/';
              });
}

class Problems {
public:
    void add(Phrase text) {
        const bool known = std::any_of(
            m_all.begin(), m_all.end(), [&](const Phrase& other) { return other.en == text.en; });
        if (!known) {
            m_all.push_back(std::move(text));
        }
    }

    void add(const std::string& place, const std::string& ru, const std::string& en) {
        const std::string where = place.empty() ? "" : place + ": ";
        add({where + ru, where + en});
    }

    // What `look` throws, but for an environment that has no host (yet).
    template <typename Look> void try_out(const std::string& place, const Look& look) {
        try {
            look();
        } catch (const Error& error) {
            if (error.code() != "no_hosts") {
                add(place, error.message().ru, error.message().en);
            }
        }
    }

    std::vector<Phrase> take() { return std::move(m_all); }

private:
    std::vector<Phrase> m_all;
};

void check_pin(Problems& problems, const Host& host) {
    if (!std::all_of(host.host_keys.begin(), host.host_keys.end(), is_pin)) {
        problems.add("",
                     host.name + ": …_HOST_KEY — это не отпечаток ключа SHA256:…",
                     host.name + ": …_HOST_KEY is no fingerprint SHA256:… of a key");
    }
}

// No more than a warning: the file may be meant for another machine, and an agent or a password may
// do instead.
void check_key_file(Problems& problems, const Host& host, const std::filesystem::path& folder) {
    if (host.key_file.empty()) {
        return;
    }
    const std::string shown = sanitize_line(host.key_file.string());
    try {
        if (!read_file(folder / host.key_file)) {
            problems.add(host.key_file_place,
                         "файла ключа «" + shown + "» нет",
                         "there is no key file '" + shown + "'");
        }
    } catch (const std::system_error& error) {
        problems.add(host.key_file_place,
                     "файл ключа «" + shown + "» не читается: " + error.code().message(),
                     "the key file '" + shown + "' cannot be read: " + error.code().message());
    }
}

// With defaults alone a service is deployed too; where some are listed, one that is not is a slip.
void check_named_services(Problems& problems,
                          const std::vector<NamedService>& named,
                          const std::vector<std::string>& services) {
    for (const NamedService& one : named) {
        if (services.empty()
            || std::find(services.begin(), services.end(), one.name) != services.end()) {
            continue;
        }
        const std::string shown = sanitize_line(one.name);
        const auto meant = did_you_mean(one.name, services);
        problems.add(one.place,
                     "сервиса «" + shown + "» нет в [services.*]"
                         + (meant ? "; может быть, «" + *meant + "»?" : ""),
                     "there is no service '" + shown + "' in [services.*]"
                         + (meant ? "; did you mean '" + *meant + "'?" : ""));
    }
}

// One that is nobody's, or two people's, tells of nobody.
void check_emails(Problems& problems,
                  const std::vector<Person>& people,
                  const std::function<std::string(const std::string&)>& place_of) {
    std::map<std::string, std::int64_t> owners;
    for (std::size_t i = 0; i < people.size(); ++i) {
        const std::string place = place_of("people." + std::to_string(i + 1) + ".emails");
        for (const std::string& email : people[i].emails) {
            const std::string shown = sanitize_line(email);
            if (!release::is_email(email)) {
                problems.add(place,
                             "emails: «" + shown + "» — это не e-mail",
                             "emails: '" + shown + "' is no e-mail address");
            } else if (release::is_github_itself(email)) {
                problems.add(place,
                             "emails: «" + shown + "» — это сам GitHub, а не человек",
                             "emails: '" + shown + "' is GitHub itself, and nobody's");
            } else if (const auto [owner, fresh] =
                           owners.insert({release::fold_email(email), people[i].telegram});
                       !fresh && owner->second != people[i].telegram) {
                problems.add(place,
                             "emails: «" + shown + "» записан у двоих",
                             "emails: two people have '" + shown + "'");
            }
        }
    }
}

} // namespace

std::vector<Phrase> Config::warnings() const {
    Problems found;
    for (const Phrase& each : notices) {
        found.add(each);
    }
    for (const Phrase& each : m_warnings) {
        found.add(each);
    }
    for (const std::string& service : services_with_hosts("prod")) {
        if (const auto unlisted = unlisted_hosts(service)) {
            found.add(*unlisted);
        }
    }
    Problems elsewhere; // problems() tells them
    for (const std::string environment : {"stage", "prod"}) {
        elsewhere.try_out("", [&] {
            for (const Host& host : hosts(environment)) {
                check_key_file(found, host, m_working_directory);
            }
        });
    }
    for (const std::string& login : developers()) {
        elsewhere.try_out("",
                          [&] { check_key_file(found, *developer(login), m_working_directory); });
    }
    return found.take();
}

std::vector<Phrase> Config::problems() const {
    Problems found;
    const auto place_of = [this](const std::string& name) {
        const auto value = m_values.lower_bound(name);
        return value != m_values.end() && value->first.starts_with(name)
                   ? value->second.origin.place
                   : std::string();
    };
    std::vector<std::string> names = services;
    if (names.empty()) {
        names.emplace_back();
    }
    for (const std::string& service : services) {
        found.try_out(place_of("services." + service + "."),
                      [&] { release::check_service_name(service); });
    }
    check_named_services(found, m_named_services, services);
    for (const std::string environment : {"dev", "stage", "prod"}) {
        for (const std::string& service : names) {
            found.try_out("", [&] {
                for (const Host& host : hosts(environment, service)) {
                    check_pin(found, host);
                }
            });
            find_deploy_problems(service, environment, [&](const std::string& place, Phrase text) {
                found.add(place, text.ru, text.en);
            });
        }
    }
    for (const std::string& login : developers()) {
        found.try_out("", [&] { check_pin(found, *developer(login)); });
    }
    check_emails(found, people, place_of);
    if (!telegram.approvers.empty()) {
        const std::string quorum = place_of("telegram.quorum");
        found.try_out(quorum.empty() ? place_of("telegram.approvers") : quorum,
                      [&] { (void)release::council_of(approval_rules(), {}); });
    }
    if (std::find(k_log_levels.begin(), k_log_levels.end(), to_lower(server.log_level))
        == k_log_levels.end()) {
        const std::string level = sanitize_line(server.log_level);
        const std::string known = "DEBUG, INFO, WARNING, ERROR";
        found.add("LOG_LEVEL",
                  "«" + level + "» не подходит, можно: " + known,
                  "'" + level + "' is none of " + known);
    }
    return found.take();
}

void Config::find_deploy_problems(
    const std::string& service,
    const std::string& environment,
    const std::function<void(const std::string& place, Phrase text)>& tell) const {
    const DeploySettings settings = deploy(service, environment);
    const auto place_of = [&](std::string_view key) {
        const Value* value = narrowest(key, service, environment);
        return value == nullptr ? std::string() : value->origin.place;
    };
    if (settings.lock_wait <= settings.time_limit) {
        const std::string lock_wait = place_of("lock_wait");
        tell(lock_wait.empty() ? place_of("time_limit") : lock_wait,
             {"lock_wait должен быть больше time_limit: иначе деплой не дождётся предыдущего",
              "lock_wait must be more than time_limit: else a deploy gives up before the one ahead "
              "of it has to end"});
    }
    const std::string& url = settings.health_url;
    if (settings.health_kind == HealthKind::url && !url.starts_with("http://")
        && !url.starts_with("https://")) {
        const std::string shown = sanitize_line(url);
        tell(place_of("health"),
             {"health: «" + shown + "» — это не адрес http(s), не docker и не none",
              "health: '" + shown + "' is no http(s) address, nor docker, nor none"});
    }
}

} // namespace loomrel::config
