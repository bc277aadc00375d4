#include "lib/deploy/conduct.hpp"

#include "lib/deploy/bell.hpp"

#include <algorithm>
#include <future>
#include <thread>
#include <utility>

namespace loomrel::deploy {

struct Conductor::Seat {
    Seat(const Target& target, Watcher& watcher, const std::shared_ptr<Bell>& bell)
        : follower(
            target.name,
            target.connector,
            watcher,
            {[bell](const StepRecord& step) { bell->step(step); }, [bell] { bell->alive(); }}) {
        followed.host = target.name;
        followed.how = HowFollowed::not_started;
    }

    Follower follower;
    std::promise<std::function<Followed(Follower&)>> gate; // an empty function = abandoned
    std::thread thread;
    bool began = false;
    bool answered = false; // the bell's to read and write
    bool late = false;     // it has stood back once

    [[nodiscard]] bool is_good() const { return followed.end && followed.end->good(); }

    Followed followed;
};

Conductor::Conductor(std::vector<Target> targets, Watcher& watcher, Patience patience)
    : m_targets(std::move(targets)),
      m_watcher(watcher),
      m_patience(patience),
      m_bell(std::make_shared<Bell>()) {
    for (const Target& target : m_targets) {
        m_seats.push_back(std::make_unique<Seat>(target, watcher, m_bell));
        m_seats.back()->follower.patience = patience;
        m_seats.back()->follower.has_others = m_targets.size() > 1;
    }
}

Conductor::~Conductor() {
    abandon();
}

void Conductor::abandon() {
    for (auto& seat : m_seats) {
        if (seat->thread.joinable()) {
            if (!seat->began) {
                seat->gate.set_value({});
            }
            seat->thread.join();
        }
    }
}

// The thread logs in at once and waits at the gate for what to do then.
void Conductor::start(Seat& seat, std::function<Followed(Follower&)> work) {
    if (!seat.thread.joinable()) {
        seat.follower.wish = wish;
        seat.thread = std::thread([&seat, bell = m_bell, what = seat.gate.get_future()]() mutable {
            try {
                seat.follower.connect();
            } catch (const Error& error) {
                seat.followed.error = error;
            }
            bell->answered(seat.answered);
            const auto ordered = what.get();
            if (seat.followed.error) {
                seat.followed.how =
                    seat.follower.may_be_there ? HowFollowed::unknown : HowFollowed::not_started;
            } else if (ordered) {
                try {
                    seat.followed = ordered(seat.follower);
                } catch (const std::exception& bug) {
                    seat.followed.how = HowFollowed::unknown;
                    seat.followed.error =
                        Error(ErrorKind::internal, "internal", Phrase{bug.what(), bug.what()});
                }
            }
            bell->done();
        });
    }
    if (work) {
        seat.follower.may_be_there = joins;
        seat.began = true;
        seat.gate.set_value(std::move(work));
    }
}

void Conductor::begin_connecting(int canary) {
    const auto first = static_cast<std::size_t>(std::max(canary, 1));
    for (std::size_t i = 0; i < std::min(first, m_seats.size()); ++i) {
        start(*m_seats[i], {});
    }
}

// Those of the next wave that do not answer in time change places with hosts behind them, once.
void Conductor::let_late_ones_stand_back(std::size_t begin, std::size_t size, Keeper& keeper) {
    while (!is_wished()) {
        std::vector<const bool*> flags;
        for (std::size_t i = begin; i < begin + size; ++i) {
            start(*m_seats[i], {});
            if (!m_seats[i]->late) {
                flags.push_back(&m_seats[i]->answered);
            }
        }
        m_bell->wait_for_answers(
            flags, deadline_in(k_prompt), keeper, [this] { return is_wished(); });
        if (is_wished()) {
            return;
        }
        bool changed = false;
        for (std::size_t i = begin; i < begin + size; ++i) {
            Seat& seat = *m_seats[i];
            if (seat.late || m_bell->is_set(seat.answered)) {
                continue;
            }
            seat.late = true;
            const auto other =
                std::find_if(m_seats.begin() + static_cast<std::ptrdiff_t>(begin + size),
                             m_seats.end(),
                             [](const auto& one) { return !one->late; });
            if (other != m_seats.end()) {
                const auto at = static_cast<std::size_t>(other - m_seats.begin());
                std::swap(m_seats[i], m_seats[at]);
                std::swap(m_targets[i], m_targets[at]);
                changed = true;
            }
        }
        if (!changed) {
            return;
        }
    }
}

void Conductor::wait_for(std::size_t first, std::size_t last, Keeper& keeper) {
    m_bell->answer(last, keeper);
    for (std::size_t i = first; i < last; ++i) {
        m_seats[i]->thread.join();
    }
}

bool Conductor::is_wished() const {
    return wish != nullptr && wish->load() != Wish::none;
}

// What was asked of the hosts that have begun holds for the rest.
Plan Conductor::learn_from_hosts(Plan plan) const {
    bool older = false;
    bool rehearse = false;
    for (const auto& seat : m_seats) {
        const RecordBook& book = seat->followed.book;
        older = older || book.older;
        for (const StepRecord& step : book.steps()) {
            rehearse = rehearse || step.name == "rehearse";
        }
    }
    return plan_as_begun(std::move(plan), older, rehearse);
}

std::vector<Followed> Conductor::run(const Plan& plan, Keeper& keeper) {
    const auto canary = static_cast<std::size_t>(std::max(plan.settings.canary, 1));
    const auto parallel = static_cast<std::size_t>(std::max(plan.settings.parallel, 1));
    const bool leave = plan.settings.on_partial == "leave";
    const auto is_good = [](const auto& seat) { return seat->is_good(); };
    std::size_t begin = 0;
    bool all_good = true;
    Plan going = plan;
    while (begin < m_seats.size()) {
        const std::size_t end = std::min(m_seats.size(), begin + (begin == 0 ? canary : parallel));
        if (end < m_seats.size()) {
            let_late_ones_stand_back(begin, end - begin, keeper);
        }
        for (std::size_t i = begin; i < end; ++i) {
            start(*m_seats[i], [&going](Follower& follower) { return follower.run(going); });
        }
        wait_for(begin, end, keeper);
        if (joins) {
            going = learn_from_hosts(std::move(going));
        }
        all_good = std::all_of(
            m_seats.begin(), m_seats.begin() + static_cast<std::ptrdiff_t>(end), is_good);
        const bool goes_on = all_good || (leave && begin > 0);
        begin = end;
        if (!goes_on || is_wished()) {
            break;
        }
    }
    const bool any_good = std::any_of(m_seats.begin(), m_seats.end(), is_good);
    const bool whole = all_good && begin == m_seats.size();
    // Where one may still become good, nothing is taken back from the others.
    const bool certain = std::none_of(m_seats.begin(), m_seats.end(), [](const auto& seat) {
        return seat->followed.how == HowFollowed::unknown
               || seat->followed.how == HowFollowed::going_on
               || (seat->followed.how == HowFollowed::ended && !seat->followed.end);
    });
    if (plan.request.kind == store::RunKind::deploy && any_good && !whole && !leave && certain) {
        put_back(plan, keeper);
    }
    return take();
}

// A second run of its own on each host that went well. What comes of it is that host's result.
void Conductor::put_back(const Plan& plan, Keeper& keeper) {
    const Plan back = plan_to_put_back(plan);
    Conductor others({}, m_watcher, m_patience);
    std::vector<Seat*> seats;
    for (std::size_t i = 0; i < m_seats.size(); ++i) {
        if (m_seats[i]->is_good()) {
            seats.push_back(m_seats[i].get());
            others.m_seats.push_back(
                std::make_unique<Seat>(m_targets[i], m_watcher, others.m_bell));
            others.m_seats.back()->follower.patience = m_patience;
        }
    }
    const auto results =
        others.all([&back](Follower& follower) { return follower.run(back); }, keeper);
    for (std::size_t i = 0; i < seats.size(); ++i) {
        Followed& host = seats[i]->followed;
        const Followed& went_back = results[i];
        host.put_back = went_back.end && went_back.end->good();
        host.end = went_back.end;
        host.how = went_back.how;
        host.error = went_back.error;
    }
    others.acknowledge();
}

std::vector<Followed> Conductor::all(const std::function<Followed(Follower&)>& work,
                                     Keeper& keeper) {
    for (auto& seat : m_seats) {
        start(*seat, work);
    }
    wait_for(0, m_seats.size(), keeper);
    return take();
}

std::vector<Followed> Conductor::attach(const RunPlace& place, bool bury, Keeper& keeper) {
    joins = true;
    return all([&place, bury](Follower& follower) { return follower.attach(place, bury); }, keeper);
}

std::vector<Followed> Conductor::peek(const RunPlace& place, bool bury) {
    Keeper nobody(nullptr, store::Spool({}, {}), "");
    joins = true;
    return all([&place, bury](Follower& follower) { return follower.peek(place, bury); }, nobody);
}

std::vector<Followed> Conductor::take() {
    std::vector<Followed> results;
    for (auto& seat : m_seats) {
        results.push_back(seat->followed);
    }
    return results;
}

void Conductor::acknowledge() {
    for (auto& seat : m_seats) {
        if (seat->followed.how == HowFollowed::ended) {
            seat->follower.acknowledge();
        }
    }
}

} // namespace loomrel::deploy
