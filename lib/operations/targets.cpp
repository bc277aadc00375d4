#include "lib/operations/targets.hpp"

#include "lib/base/text.hpp"
#include "lib/ssh/known_hosts.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace loomrel::operations {

using messages::Id;
using messages::phrase;

namespace {

constexpr Milliseconds k_tell_every{5000};

// The first file that knows the host: a committed pin counts where nothing else says otherwise.
std::filesystem::path known_hosts_of(const config::Config& config, const ssh::Endpoint& endpoint) {
    for (const auto& file : config.known_hosts_files()) {
        try {
            if (!ssh::known_keys(file, endpoint).empty()) {
                return file;
            }
        } catch (const Error&) { // the other one may know it
            if (!config.must_go_on) {
                throw;
            }
        }
    }
    return config.known_hosts();
}

} // namespace

ssh::Endpoint endpoint_of(const Context& context, const config::Host& host) {
    ssh::Endpoint endpoint;
    endpoint.user = host.user;
    endpoint.host = host.address;
    endpoint.port = host.port;
    endpoint.pins = host.host_keys;
    endpoint.known_hosts = host.host_keys.empty() ? known_hosts_of(context.config, endpoint)
                                                  : context.config.known_hosts();
    const std::string place = place_of_host(endpoint.host, endpoint.port);
    endpoint.password = host.password.for_place(place);
    endpoint.key_file = host.key_file;
    endpoint.key = host.key.for_place(place);
    return endpoint;
}

std::vector<config::Host> hosts_in(const Context& context,
                                   const std::string& environment,
                                   const std::optional<std::string>& service) {
    if (environment != "dev") {
        return service ? context.config.hosts(environment, *service)
                       : context.config.hosts(environment);
    }
    std::vector<config::Host> hosts;
    for (const std::string& login : context.config.developers()) {
        if (auto host = context.config.developer(login)) {
            hosts.push_back(std::move(*host));
        }
    }
    return hosts;
}

std::vector<config::Host> hosts_wanted(const Context& context,
                                       const std::string& environment,
                                       const std::optional<std::string>& service) {
    std::vector<config::Host> hosts = hosts_in(context, environment, service);
    if (hosts.empty()) {
        throw Error(ErrorKind::config,
                    "no_hosts",
                    phrase(Id::dev_nobody_has_host),
                    phrase(Id::dev_nobody_has_host_hint));
    }
    return hosts;
}

config::Host host_typed(const Context& context, const HostArgument& typed) {
    for (const char* environment : {"prod", "stage", "dev"}) {
        std::vector<config::Host> hosts;
        try {
            hosts = hosts_in(context, environment);
        } catch (const Error&) {
            continue; // that environment has none
        }
        for (const config::Host& host : hosts) {
            if (to_lower(host.address) == to_lower(typed.address)
                && typed.port.value_or(host.port) == host.port
                && typed.user.value_or(host.user) == host.user) {
                return host;
            }
        }
    }
    config::Host host;
    host.address = typed.address;
    host.user = typed.user.value_or(host.user);
    host.port = typed.port.value_or(host.port);
    return host;
}

namespace {

// Tells every five seconds that something still waits.
class Waiting {
public:
    Waiting(const std::function<void(Milliseconds)>& tell, Milliseconds every)
        : m_thread([this, tell, every] {
              std::unique_lock lock(m_mutex);
              for (Milliseconds so_far = every;
                   !m_ended.wait_for(lock, every, [this] { return m_over; });
                   so_far += every) {
                  tell(so_far);
              }
          }) {}

    ~Waiting() {
        {
            const std::lock_guard guard(m_mutex);
            m_over = true;
        }
        m_ended.notify_one();
        m_thread.join();
    }

    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

private:
    std::mutex m_mutex;
    std::condition_variable m_ended;
    bool m_over = false;
    std::thread m_thread;
};

} // namespace

OnWaiting note_waiting(Console& console) {
    return [&console, mutex = std::make_shared<std::mutex>()](const std::string& text) {
        const std::lock_guard guard(*mutex);
        console.note(text);
    };
}

std::vector<deploy::Target> make_targets(const Context& context,
                                         const std::vector<config::Host>& hosts,
                                         const OnWaiting& on_waiting) {
    std::vector<deploy::Target> targets;
    for (const config::Host& host : hosts) {
        ssh::Endpoint endpoint = endpoint_of(context, host);
        const std::string name = endpoint.shown();
        const Milliseconds wait = host.connect_wait;
        const auto tell = [&context, on_waiting, name, wait](Milliseconds so_far) {
            on_waiting(context.say(Id::ssh_waiting,
                                   fmt::arg("host", name),
                                   fmt::arg("seconds", so_far.count() / 1000),
                                   fmt::arg("wait", wait.count() / 1000)));
        };
        targets.push_back({name, [&context, endpoint = std::move(endpoint), wait, tell] {
                               const Waiting waiting(tell, k_tell_every);
                               return context.connect(endpoint, wait);
                           }});
    }
    return targets;
}

void note_unlisted_hosts(const Context& context, Console& console, const std::string& service) {
    if (const auto unlisted = context.config.unlisted_hosts(service)) {
        console.note(
            context.say(Id::cli_warning, fmt::arg("text", in(context.language, *unlisted))));
    }
}

std::vector<std::string> names_of(const Context& context, const std::vector<config::Host>& hosts) {
    std::vector<std::string> names;
    for (const config::Host& host : hosts) {
        names.push_back(endpoint_of(context, host).shown());
    }
    return names;
}

bool can_log_in(const config::Config& config, const std::vector<config::Host>& hosts) {
    return !hosts.empty() && std::all_of(hosts.begin(), hosts.end(), [&](const auto& host) {
        return config.has_agent || !host.password.empty() || !host.key.empty()
               || !host.key_file.empty();
    });
}

void use_first(deploy::Target& target, std::unique_ptr<ssh::Connection> open) {
    // Connectors are copied, the connection goes to the first that asks.
    auto kept = std::make_shared<std::unique_ptr<ssh::Connection>>(std::move(open));
    target.connector = [kept, anew = target.connector] {
        return *kept ? std::move(*kept) : anew();
    };
}

std::vector<config::Host> hosts_of(const Context& context, const store::Run& run) {
    const std::vector<config::Host> known = hosts_in(context, run.environment, run.service);
    std::vector<config::Host> found;
    for (const std::string& name : run.hosts) {
        const auto host = std::find_if(known.begin(), known.end(), [&](const config::Host& one) {
            return endpoint_of(context, one).shown() == name;
        });
        if (host == known.end()) {
            throw Error(
                ErrorKind::config,
                "run_host_not_configured",
                phrase(
                    Id::deploy_run_host_unknown, fmt::arg("run", run.id), fmt::arg("host", name)),
                phrase(Id::deploy_run_host_unknown_hint, fmt::arg("environment", run.environment)));
        }
        found.push_back(*host);
    }
    return found;
}

} // namespace loomrel::operations
