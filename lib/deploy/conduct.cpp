#include "lib/deploy/conduct.hpp"

#include "lib/deploy/event_queue.hpp"

#include <algorithm>
#include <future>
#include <thread>
#include <utility>

namespace loomrel::deploy {

struct Conductor::HostRun {
    HostRun(const Target& target,
            const RunListener& listener,
            const std::shared_ptr<EventQueue>& events)
        : follower(target.name,
                   target.connector,
                   [listener, events](const std::string& host, const RunEvent& event) {
                       if (listener) {
                           listener(host, event);
                       }
                       events->on(event);
                   }) {
        followed.host = target.name;
        followed.how = HowFollowed::not_started;
    }

    Follower follower;
    std::promise<std::function<Followed(Follower&)>> gate; // an empty function = abandoned
    std::thread thread;
    bool began = false;
    bool answered = false; // under the event queue's mutex
    bool late = false;     // it has stood back once

    [[nodiscard]] bool is_good() const { return followed.end && followed.end->good(); }

    Followed followed;
};

Conductor::Conductor(std::vector<Target> targets, RunListener listener, Patience patience)
    : m_targets(std::move(targets)),
      m_listener(std::move(listener)),
      m_patience(patience),
      m_events(std::make_shared<EventQueue>()) {
    for (const Target& target : m_targets) {
        m_host_runs.push_back(std::make_unique<HostRun>(target, m_listener, m_events));
        m_host_runs.back()->follower.patience = patience;
        m_host_runs.back()->follower.has_others = m_targets.size() > 1;
    }
}

Conductor::~Conductor() {
    abandon();
}

void Conductor::abandon() {
    for (auto& host_run : m_host_runs) {
        if (host_run->thread.joinable()) {
            if (!host_run->began) {
                host_run->gate.set_value({});
            }
            host_run->thread.join();
        }
    }
}

// The thread logs in at once and waits at the gate for what to do then.
void Conductor::start(HostRun& host_run, std::function<Followed(Follower&)> work) {
    if (!host_run.thread.joinable()) {
        host_run.follower.stop_request = stop_request;
        host_run.follower.asks_as = asks_as;
        host_run.thread = std::thread(
            [&host_run, events = m_events, what = host_run.gate.get_future()]() mutable {
                try {
                    host_run.follower.connect();
                } catch (const Error& error) {
                    host_run.followed.error = error;
                }
                events->answered(host_run.answered);
                const auto ordered = what.get();
                if (host_run.followed.error) {
                    host_run.followed.how = host_run.follower.may_be_there
                                                ? HowFollowed::unknown
                                                : HowFollowed::not_started;
                } else if (ordered) {
                    try {
                        host_run.followed = ordered(host_run.follower);
                    } catch (const std::exception& bug) {
                        host_run.followed.how = HowFollowed::unknown;
                        host_run.followed.error = bug_error(bug);
                    }
                }
                events->done();
            });
    }
    if (work) {
        host_run.follower.may_be_there = joins;
        host_run.began = true;
        host_run.gate.set_value(std::move(work));
    }
}

void Conductor::begin_connecting(int canary) {
    const auto first = static_cast<std::size_t>(std::max(canary, 1));
    for (std::size_t i = 0; i < std::min(first, m_host_runs.size()); ++i) {
        start(*m_host_runs[i], {});
    }
}

// Those of the next wave that do not answer in time change places with hosts behind them, once.
void Conductor::let_late_ones_stand_back(std::size_t begin,
                                         std::size_t size,
                                         LedgerRecorder& recorder) {
    while (!is_stop_requested()) {
        std::vector<const bool*> flags;
        for (std::size_t i = begin; i < begin + size; ++i) {
            start(*m_host_runs[i], {});
            if (!m_host_runs[i]->late) {
                flags.push_back(&m_host_runs[i]->answered);
            }
        }
        m_events->wait_for_answers(
            flags, deadline_in(k_prompt), recorder, [this] { return is_stop_requested(); });
        if (is_stop_requested()) {
            return;
        }
        bool changed = false;
        for (std::size_t i = begin; i < begin + size; ++i) {
            HostRun& host_run = *m_host_runs[i];
            if (host_run.late || m_events->is_set(host_run.answered)) {
                continue;
            }
            host_run.late = true;
            const auto other =
                std::find_if(m_host_runs.begin() + static_cast<std::ptrdiff_t>(begin + size),
                             m_host_runs.end(),
                             [](const auto& one) { return !one->late; });
            if (other != m_host_runs.end()) {
                const auto at = static_cast<std::size_t>(other - m_host_runs.begin());
                std::swap(m_host_runs[i], m_host_runs[at]);
                std::swap(m_targets[i], m_targets[at]);
                changed = true;
            }
        }
        if (!changed) {
            return;
        }
    }
}

void Conductor::wait_for(std::size_t first, std::size_t last, LedgerRecorder& recorder) {
    m_events->answer(last, recorder);
    for (std::size_t i = first; i < last; ++i) {
        m_host_runs[i]->thread.join();
    }
}

bool Conductor::is_stop_requested() const {
    return stop_request != nullptr && stop_request->load() != StopRequest::none;
}

// What was asked of the hosts that have begun holds for the rest.
Plan Conductor::learn_from_hosts(Plan plan) const {
    bool older = false;
    bool rehearse = false;
    for (const auto& host_run : m_host_runs) {
        const RunTranscript& transcript = host_run->followed.transcript;
        older = older || transcript.older;
        for (const StepRecord& step : transcript.steps()) {
            rehearse = rehearse || step.name == "rehearse";
        }
    }
    return plan_as_begun(std::move(plan), older, rehearse);
}

std::vector<Followed> Conductor::run(const Plan& plan, LedgerRecorder& recorder) {
    const auto canary = static_cast<std::size_t>(std::max(plan.settings.canary, 1));
    const auto parallel = static_cast<std::size_t>(std::max(plan.settings.parallel, 1));
    const bool leave = plan.settings.on_partial == "leave";
    const auto is_good = [](const auto& host_run) { return host_run->is_good(); };
    std::size_t begin = 0;
    bool all_good = true;
    Plan going = plan;
    while (begin < m_host_runs.size()) {
        const std::size_t end =
            std::min(m_host_runs.size(), begin + (begin == 0 ? canary : parallel));
        if (end < m_host_runs.size()) {
            let_late_ones_stand_back(begin, end - begin, recorder);
            if (begin > 0 && is_stop_requested()) {
                break;
            }
        }
        for (std::size_t i = begin; i < end; ++i) {
            start(*m_host_runs[i], [&going](Follower& follower) { return follower.run(going); });
        }
        wait_for(begin, end, recorder);
        if (joins) {
            going = learn_from_hosts(std::move(going));
        }
        all_good = std::all_of(
            m_host_runs.begin(), m_host_runs.begin() + static_cast<std::ptrdiff_t>(end), is_good);
        const bool goes_on = all_good || (leave && begin > 0);
        begin = end;
        if (!goes_on || is_stop_requested()) {
            break;
        }
    }
    const bool any_good = std::any_of(m_host_runs.begin(), m_host_runs.end(), is_good);
    const bool whole = all_good && begin == m_host_runs.size();
    // Where one may still become good, nothing is taken back from the others.
    const bool certain =
        std::none_of(m_host_runs.begin(), m_host_runs.end(), [](const auto& host_run) {
            return host_run->followed.how == HowFollowed::unknown
                   || host_run->followed.how == HowFollowed::going_on
                   || (host_run->followed.how == HowFollowed::ended && !host_run->followed.end);
        });
    if (plan.request.kind == store::RunKind::deploy && any_good && !whole && !leave && certain) {
        put_back(plan, recorder);
    }
    return take();
}

// A second run of its own on each host that went well. What comes of it is that host's result.
void Conductor::put_back(const Plan& plan, LedgerRecorder& recorder) {
    const Plan back = plan_to_put_back(plan);
    Conductor others({}, m_listener, m_patience);
    std::vector<HostRun*> host_runs;
    for (std::size_t i = 0; i < m_host_runs.size(); ++i) {
        if (m_host_runs[i]->is_good()) {
            host_runs.push_back(m_host_runs[i].get());
            others.m_host_runs.push_back(
                std::make_unique<HostRun>(m_targets[i], m_listener, others.m_events));
            others.m_host_runs.back()->follower.patience = m_patience;
        }
    }
    const auto results =
        others.all([&back](Follower& follower) { return follower.run(back); }, recorder);
    for (std::size_t i = 0; i < host_runs.size(); ++i) {
        Followed& host = host_runs[i]->followed;
        const Followed& went_back = results[i];
        host.put_back = went_back.end && went_back.end->good();
        host.end = went_back.end;
        host.how = went_back.how;
        host.error = went_back.error;
    }
    others.acknowledge();
}

std::vector<Followed> Conductor::all(const std::function<Followed(Follower&)>& work,
                                     LedgerRecorder& recorder) {
    for (auto& host_run : m_host_runs) {
        start(*host_run, work);
    }
    wait_for(0, m_host_runs.size(), recorder);
    return take();
}

std::vector<Followed>
Conductor::attach(const RunPlace& place, bool cancel_if_absent, LedgerRecorder& recorder) {
    joins = true;
    return all([&place, cancel_if_absent](
                   Follower& follower) { return follower.attach(place, cancel_if_absent); },
               recorder);
}

std::vector<Followed> Conductor::peek(const RunPlace& place, bool cancel_if_absent) {
    LedgerRecorder nobody(nullptr, store::Spool({}, {}), "");
    joins = true;
    return all([&place, cancel_if_absent](
                   Follower& follower) { return follower.peek(place, cancel_if_absent); },
               nobody);
}

std::vector<Followed> Conductor::take() {
    std::vector<Followed> results;
    for (auto& host_run : m_host_runs) {
        results.push_back(host_run->followed);
    }
    return results;
}

void Conductor::acknowledge() {
    for (auto& host_run : m_host_runs) {
        if (host_run->followed.how == HowFollowed::ended) {
            host_run->follower.acknowledge();
        }
    }
}

} // namespace loomrel::deploy
