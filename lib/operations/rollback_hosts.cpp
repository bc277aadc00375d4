#include "lib/operations/rollback_hosts.hpp"

#include "lib/base/text.hpp"
#include "lib/deploy/run_event.hpp"
#include "lib/deploy/shown_settings.hpp"
#include "lib/operations/production_settings.hpp"
#include "lib/operations/targets.hpp"
#include "lib/release/names.hpp"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <numeric>
#include <set>
#include <type_traits>
#include <utility>

namespace loomrel::operations {

namespace {

using messages::Id;
using messages::phrase;

Error late_error(const std::string& host) {
    const auto said = [&](Language language) {
        const std::string reason = messages::say(language, Id::ssh_no_answer);
        return messages::say(
            language, Id::ssh_unreachable, fmt::arg("host", host), fmt::arg("reason", reason));
    };
    return {ErrorKind::no_host,
            "host_unreachable",
            Phrase{said(Language::ru), said(Language::en)},
            Phrase{"loomrel status", "loomrel status"}};
}

config::Host typed_host(const Context& context, const RollbackRequest& request) {
    config::Host host = host_typed(context, parse_host_argument(*request.host));
    if (request.identity) {
        host.key_file = *request.identity;
    }
    return host;
}

// A configuration that knows this host may say that what is kept lies somewhere else.
std::string state_dir_known(const Context& context,
                            Console& console,
                            const config::Host& typed,
                            const std::string& service,
                            const std::string& environment) {
    const config::Config& config = context.config;
    if (service.empty() && config.services.size() != 1) {
        // Which one is there is not known yet; where it is kept, if they agree.
        std::set<std::string> folders;
        for (const std::string& each : config.services) {
            folders.insert(state_dir_known(context, console, typed, each, environment));
        }
        return folders.size() == 1 ? *folders.begin() : "";
    }
    const std::string name = service.empty() ? config.services.front() : service;
    const std::string shown = endpoint_of(context, typed).shown();
    try {
        const auto hosts = config.hosts(environment, name);
        const bool known = std::any_of(hosts.begin(), hosts.end(), [&](const config::Host& host) {
            return endpoint_of(context, host).shown() == shown;
        });
        const bool is_said = !config.deploy(name, environment).state_dir.empty();
        return known && is_said
                   ? ProductionSettings(context, console).of(name, environment).state_dir
                   : "";
    } catch (const Error&) {
        return ""; // it is not needed here
    }
}

} // namespace

// Whether somebody waits for the hosts: only then it is told that they keep him waiting.
struct RollbackHosts::Asking {
    std::mutex mutex;
    bool on = false;

    void turn(bool to) {
        const std::lock_guard guard(mutex);
        on = to;
    }
};

RollbackHosts::RollbackHosts(const Context& context,
                             Console& console,
                             const RollbackRequest& request)
    : by_kept_program(request.host.has_value()),
      m_context(context),
      m_is_typed(request.host.has_value()),
      m_asking(std::make_shared<Asking>()),
      m_service(request.service),
      m_to(request.to.value_or("")) {
    if (m_is_typed) {
        hosts = {typed_host(context, request)};
        if (!m_service.empty()) {
            release::check_service_name(m_service);
        }
        settings.service = m_service;
        settings.environment = request.environment;
        settings.state_dir =
            state_dir_known(context, console, hosts.front(), m_service, request.environment);
    } else {
        settings = ProductionSettings(context, console).of(m_service, request.environment);
        by_kept_program = deploy::is_unproven(settings);
        if (request.environment == "prod") {
            note_unlisted_hosts(context, console, m_service);
        }
        hosts = context.config.hosts(request.environment, m_service);
        for (config::Host& host : hosts) {
            host.key_file = request.identity.value_or(host.key_file);
        }
    }
    m_targets = make_targets(context, hosts, [&console, asking = m_asking](const auto& text) {
        const std::lock_guard guard(asking->mutex);
        if (asking->on) {
            console.note(text);
        }
    });
    m_connections.resize(hosts.size());
    m_errors.resize(hosts.size());
    m_chosen.resize(hosts.size());
    looked_at.resize(hosts.size());
}

// What one host said, or why it did not.
struct RollbackHosts::Answer {
    std::unique_ptr<ssh::Connection> connection;
    std::optional<deploy::HostState> sight;
    std::string chosen;
    std::optional<Error> error;
};

// One look at all of them. Shared with the threads: who answers when it is over is not heard.
struct RollbackHosts::Round {
    std::mutex mutex;
    std::condition_variable rung;
    std::map<std::size_t, Answer> answers;
    bool over = false;
};

RollbackHosts::~RollbackHosts() {
    for (std::thread& looker : m_lookers) {
        looker.join();
    }
}

RollbackHosts::Answer RollbackHosts::ask(const deploy::Target& target,
                                         std::unique_ptr<ssh::Connection> connection) const {
    Answer answer;
    try {
        answer.connection = connection ? std::move(connection) : target.connector();
        const deploy::RunPlace place{"-", m_service, settings.environment, settings.state_dir};
        if (m_is_typed) {
            auto seen = deploy::look_kept(*answer.connection, target.name, place, m_to);
            answer.chosen = seen.chosen;
            answer.sight = std::move(seen.sight);
        } else {
            answer.sight = deploy::look(*answer.connection, target.name, settings, m_to);
        }
    } catch (const Error& error) {
        answer.error = error;
        answer.connection.reset();
    } catch (const std::exception& bug) {
        answer.error = bug_error(bug);
    }
    return answer;
}

void RollbackHosts::take(std::size_t index, Answer answer) {
    m_connections[index] = std::move(answer.connection);
    m_errors[index] = std::move(answer.error);
    m_chosen[index] = answer.chosen;
    looked_at[index] = {m_targets[index].name, std::move(answer.sight)};
}

void RollbackHosts::put_late_ones_last(const std::vector<bool>& late) {
    std::vector<std::size_t> order(late.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_partition(order.begin(), order.end(), [&](std::size_t i) { return !late[i]; });
    const auto reorder = [&order](auto& all) {
        std::decay_t<decltype(all)> moved;
        for (const std::size_t i : order) {
            moved.push_back(std::move(all[i]));
        }
        all = std::move(moved);
    };
    reorder(hosts);
    reorder(m_targets);
    reorder(m_connections);
    reorder(m_errors);
    reorder(m_chosen);
    reorder(looked_at);
}

void RollbackHosts::look() {
    auto round = std::make_shared<Round>();
    m_asking->turn(true);
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        auto open = std::make_shared<std::unique_ptr<ssh::Connection>>(std::move(m_connections[i]));
        m_lookers.emplace_back([this, round, i, open, target = m_targets[i]] {
            Answer answer = ask(target, std::move(*open));
            const std::lock_guard guard(round->mutex);
            if (!round->over) {
                round->answers[i] = std::move(answer);
                round->rung.notify_one();
            }
        });
    }
    std::unique_lock guard(round->mutex);
    const auto all = [&] { return round->answers.size() == hosts.size(); };
    // A refusal comes quickly, and says nothing of the hosts that have not answered yet.
    const auto any = [&] {
        return all() || std::any_of(round->answers.begin(), round->answers.end(), [](auto& one) {
                   return one.second.sight.has_value();
               });
    };
    if (!round->rung.wait_for(guard, deploy::k_prompt, all) && !any()) {
        round->rung.wait(guard, any);
    }
    round->over = true;
    std::vector<bool> late(hosts.size());
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        const auto answer = round->answers.find(i);
        late[i] = answer == round->answers.end();
        take(i,
             late[i] ? Answer{nullptr, std::nullopt, "", late_error(m_targets[i].name)}
                     : std::move(answer->second));
    }
    guard.unlock();
    m_asking->turn(false);
    put_late_ones_last(late);
    check_answers();
}

void RollbackHosts::check_answers() {
    const bool none = std::none_of(looked_at.begin(), looked_at.end(), [](const auto& host) {
        return host.sight.has_value();
    });
    if (none) {
        throw Error(*m_errors.front());
    }
    if (m_is_typed && m_chosen.front().empty()) {
        const auto& there = looked_at.front().sight->services;
        throw Error(ErrorKind::refused,
                    "nothing_kept",
                    phrase(Id::rollback_no_service),
                    phrase(Id::rollback_no_service_hint,
                           fmt::arg("services", there.empty() ? "-" : join(there, ", "))));
    }
    if (m_is_typed) {
        settings.service = m_chosen.front();
    }
}

bool RollbackHosts::all_answered() const {
    return std::all_of(looked_at.begin(), looked_at.end(), [](const deploy::HostLook& host) {
        return host.sight.has_value();
    });
}

std::optional<RollbackHosts::Running> RollbackHosts::running() const {
    for (const deploy::HostLook& host : looked_at) {
        for (const deploy::OpenRun& run :
             host.sight ? host.sight->runs : std::vector<deploy::OpenRun>{}) {
            if (run.state == "running") {
                return Running{host.host, run.id, host.sight->lock};
            }
        }
    }
    return std::nullopt;
}

std::optional<RollbackHosts::Running> RollbackHosts::held_by_another() const {
    for (const deploy::HostLook& host : looked_at) {
        if (!host.sight || host.sight->lock.empty() || running()) {
            continue;
        }
        // "v1.2.2, developer, since when, run id"
        const std::string& holder = host.sight->lock;
        const std::size_t last = holder.rfind(", ");
        return Running{host.host, last == std::string::npos ? "" : holder.substr(last + 2), holder};
    }
    return std::nullopt;
}

bool RollbackHosts::is_put_back(const std::vector<deploy::HostLook>& before) const {
    return std::all_of(before.begin(), before.end(), [&](const deploy::HostLook& then) {
        // Hosts that were slow this time stand behind the others.
        const auto now = std::find_if(looked_at.begin(), looked_at.end(), [&](const auto& one) {
            return one.host == then.host;
        });
        return now != looked_at.end() && then.sight && now->sight && then.sight->serving.empty()
               && now->sight->how == "restore" && looked_at.front().sight
               && now->sight->serves == looked_at.front().sight->serves;
    });
}

void RollbackHosts::cancel(const std::string& run_id) {
    const std::atomic<deploy::StopRequest> stop_request{deploy::StopRequest::cancel};
    deploy::Conductor conductor(m_targets, {}, m_context.patience);
    conductor.stop_request = &stop_request;
    conductor.asks_as = m_context.caller.actor;
    deploy::LedgerRecorder no_ledger(nullptr, store::Spool({}, {}), "");
    m_asking->turn(true);
    (void)conductor.attach(
        {run_id, settings.service, settings.environment, settings.state_dir}, false, no_ledger);
    m_asking->turn(false);
}

std::vector<std::unique_ptr<ssh::Connection>> RollbackHosts::take_connections() {
    return std::move(m_connections);
}

} // namespace loomrel::operations
