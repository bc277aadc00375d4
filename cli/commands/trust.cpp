#include "cli/commands/trust.hpp"

#include "lib/base/text.hpp"
#include "lib/operations/host_argument.hpp"
#include "lib/operations/targets.hpp"
#include "lib/ssh/known_hosts.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <system_error>
#include <thread>

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;
using nlohmann::ordered_json;

constexpr Milliseconds k_wait{15'000};

enum class State { known, fresh, changed, revoked, other_pin, unreachable };

// One host: what it shows, and what was believed of it before.
struct HostKeyCheck {
    ssh::Endpoint endpoint;
    State state = State::unreachable;
    ssh::HostKey key;
    std::vector<std::string> before; // fingerprints
    std::optional<Error> error;
    bool pinned = false;

    [[nodiscard]] bool wants_pin() const {
        return state == State::fresh || state == State::changed;
    }

    [[nodiscard]] bool is_bad() const {
        return state == State::revoked || state == State::other_pin || state == State::unreachable;
    }
};

std::vector<HostKeyCheck> hosts_meant(Services& services, const std::string& target) {
    const operations::Context& context = services.context();
    std::vector<config::Host> hosts;
    if (target == "dev" || target == "stage" || target == "prod") {
        hosts = operations::hosts_wanted(context, target);
    } else if (auto own = context.config.developer(target)) {
        hosts.push_back(std::move(*own)); // by login, as .env.servers has it
    } else {
        hosts.push_back(operations::host_typed(context, operations::parse_host_argument(target)));
    }
    std::vector<HostKeyCheck> all;
    std::set<std::pair<std::string, std::uint16_t>> seen;
    for (const config::Host& host : hosts) {
        if (seen.emplace(to_lower(host.address), host.port).second) {
            HostKeyCheck shown;
            shown.endpoint = operations::endpoint_of(context, host);
            all.push_back(std::move(shown));
        }
    }
    return all;
}

void look(HostKeyCheck& shown) {
    const ssh::Endpoint& endpoint = shown.endpoint;
    shown.key = ssh::fetch_host_key(endpoint, k_wait);
    const ssh::Trust trust = ssh::look_up(endpoint, shown.key);
    if (!endpoint.pins.empty()) {
        shown.before = endpoint.pins;
        shown.state = trust == ssh::Trust::known ? State::known : State::other_pin;
        return;
    }
    bool is_revoked = false;
    for (const ssh::KnownKey& each : ssh::known_keys(endpoint.known_hosts, endpoint)) {
        if (!each.revoked) {
            shown.before.push_back(each.key.fingerprint);
        }
        is_revoked = is_revoked || (each.revoked && each.key.fingerprint == shown.key.fingerprint);
    }
    switch (trust) {
    case ssh::Trust::known:
        shown.state = State::known;
        return;
    case ssh::Trust::unknown:
        shown.state = State::fresh;
        return;
    case ssh::Trust::changed:
        shown.state = is_revoked ? State::revoked : State::changed;
        return;
    }
}

// All at once: a host that is down does not hide the others.
void look_at_all(std::vector<HostKeyCheck>& all) {
    std::vector<std::jthread> threads; // joined at the end
    for (HostKeyCheck& shown : all) {
        threads.emplace_back([&shown] {
            try {
                look(shown);
            } catch (const Error& error) {
                shown.error = error;
            } catch (const std::exception& bug) {
                shown.error = bug_error(bug);
            }
        });
    }
}

std::string line(Services& services, const HostKeyCheck& shown) {
    const std::string key = fmt::format("{} ({})", shown.key.fingerprint, shown.key.type);
    const auto say = [&](Id id) {
        return services.say(id,
                            fmt::arg("host", shown.endpoint.shown()),
                            fmt::arg("key", key),
                            fmt::arg("before", join(shown.before, ", ")),
                            fmt::arg("file", shown.endpoint.known_hosts.string()));
    };
    switch (shown.state) {
    case State::known:
        return say(Id::trust_known);
    case State::fresh:
        return say(Id::trust_new);
    case State::changed:
        return say(Id::trust_changed);
    case State::revoked:
        return say(Id::trust_revoked);
    case State::other_pin:
        return say(Id::trust_other_pin);
    case State::unreachable:
        break;
    }
    return services.say(Id::trust_unreachable,
                        fmt::arg("message", in(services.language(), shown.error->message())));
}

std::string_view word(State state) {
    switch (state) {
    case State::known:
        return "known";
    case State::fresh:
        return "new";
    case State::changed:
        return "changed";
    case State::revoked:
        return "revoked";
    case State::other_pin:
        return "other_pin";
    case State::unreachable:
        return "unreachable";
    }
    return "";
}

ordered_json to_object(Services& services, const HostKeyCheck& shown) {
    ordered_json object{{"host", shown.endpoint.shown()},
                        {"state", word(shown.state)},
                        {"type", shown.key.type},
                        {"fingerprint", shown.key.fingerprint},
                        {"before", shown.before},
                        {"pinned", shown.pinned}};
    if (shown.error) {
        object["error"] = {{"code", shown.error->code()},
                           {"message", in(services.language(), shown.error->message())},
                           {"hint", in(services.language(), shown.error->hint())}};
    }
    return object;
}

// "ed25519", as the files in /etc/ssh are called.
std::string file_word(const std::string& type) {
    return type.starts_with("ecdsa") ? "ecdsa" : type.substr(type.find('-') + 1);
}

void pin_all(std::vector<HostKeyCheck>& all) {
    for (HostKeyCheck& shown : all) {
        if (!shown.wants_pin()) {
            continue;
        }
        try {
            ssh::pin(shown.endpoint.known_hosts, shown.endpoint, shown.key);
        } catch (const std::system_error& error) {
            throw Error(ErrorKind::config,
                        "known_hosts_not_written",
                        phrase(Id::trust_cannot_write,
                               fmt::arg("file", shown.endpoint.known_hosts.string()),
                               fmt::arg("reason", error.code().message())));
        }
        shown.pinned = true;
    }
}

// Everything is on the screen; nothing is pinned without a yes.
void ask(Services& services, const std::string& file) {
    if (!services.io().can_prompt()) {
        throw Error(ErrorKind::refused,
                    "confirmation_needed",
                    phrase(Id::trust_no_terminal),
                    phrase(Id::trust_no_terminal_hint));
    }
    if (!services.confirm(services.say(Id::trust_question, fmt::arg("file", file)))) {
        throw Error(ErrorKind::refused, "declined", phrase(Id::trust_declined));
    }
}

ordered_json to_objects(Services& services, const std::vector<HostKeyCheck>& all) {
    ordered_json hosts = ordered_json::array();
    for (const HostKeyCheck& shown : all) {
        hosts.push_back(to_object(services, shown));
    }
    return hosts;
}

} // namespace

ExitCode run_trust(Services& services, const TrustOptions& options) {
    std::vector<HostKeyCheck> all = hosts_meant(services, options.target);
    look_at_all(all);
    const bool any_bad = std::any_of(
        all.begin(), all.end(), [](const HostKeyCheck& shown) { return shown.is_bad(); });
    const auto wanted = std::find_if(
        all.begin(), all.end(), [](const HostKeyCheck& shown) { return shown.wants_pin(); });
    const bool pins = wanted != all.end();
    const std::string file = services.config().known_hosts().string();

    const auto tell = [&](const std::string& text) {
        // With --json people still have to see what they are asked about.
        services.json() ? services.io().err(text + "\n") : services.out(text + "\n");
    };
    for (const HostKeyCheck& shown : all) {
        tell(line(services, shown));
    }
    if (pins) {
        tell(services.say(Id::trust_compare, fmt::arg("type", file_word(wanted->key.type))));
    }
    if (pins && !options.dry_run) {
        if (!options.yes) {
            ask(services, file);
        }
        pin_all(all);
    }
    tell(services.say(!pins             ? Id::trust_nothing_to_do
                      : options.dry_run ? Id::trust_would_pin
                                        : Id::trust_pinned,
                      fmt::arg("file", file)));
    if (services.json()) {
        services.out_json({{"known_hosts", file},
                           {"dry_run", options.dry_run},
                           {"ok", !any_bad},
                           {"hosts", to_objects(services, all)}});
    }
    return any_bad ? ExitCode::no_host : ExitCode::ok;
}

void register_trust(Command& parent) {
    auto options = std::make_shared<TrustOptions>();
    parent.command("trust", Id::trust_about)
        .argument("ENV|HOST", Id::trust_help_target, &options->target)
        .required()
        .flag("-y,--yes", Id::trust_help_yes, options->yes)
        .flag("--dry-run", Id::cli_help_dry_run, options->dry_run)
        .runs([options](Services& services) { return run_trust(services, *options); });
}

} // namespace loomrel::cli
