#include "lib/deploy/conduct.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

namespace loomrel::deploy {

// What the hosts' threads tell the calling one.
class Conductor::Bell {
public:
    void step(const std::string& name) {
        const std::lock_guard guard(m_mutex);
        m_steps.push_back(name);
        m_rung.notify_one();
    }

    void alive() {
        const std::lock_guard guard(m_mutex);
        m_alive = true;
        m_rung.notify_one();
    }

    void done() {
        const std::lock_guard guard(m_mutex);
        ++m_done;
        m_rung.notify_one();
    }

    // Hands on what came, until `count` threads are done.
    void answer(std::size_t count, Keeper& keeper) {
        std::unique_lock guard(m_mutex);
        while (true) {
            m_rung.wait(guard, [&] { return !m_steps.empty() || m_alive || m_done >= count; });
            const auto steps = std::exchange(m_steps, {});
            const bool alive = std::exchange(m_alive, false);
            const bool over = m_done >= count;
            guard.unlock();
            for (const std::string& step : steps) {
                keeper.step_started(step);
            }
            if (alive) {
                keeper.alive();
            }
            if (over) {
                return;
            }
            guard.lock();
        }
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_rung;
    std::deque<std::string> m_steps;
    bool m_alive = false;
    std::size_t m_done = 0;
};

struct Conductor::Seat {
    Seat(const Target& target, Watcher& watcher, const std::shared_ptr<Bell>& bell)
        : follower(
            target.name,
            target.connector,
            watcher,
            {[bell](const std::string& step) { bell->step(step); }, [bell] { bell->alive(); }}) {
        followed.host = target.name;
        followed.how = HowFollowed::not_started;
    }

    Follower follower;
    std::promise<std::function<Followed(Follower&)>> gate; // an empty function = abandoned
    std::thread thread;
    bool began = false;
    Followed followed;
};

Conductor::Conductor(std::vector<Target> targets, Watcher& watcher, Patience patience)
    : m_bell(std::make_shared<Bell>()) {
    for (const Target& target : targets) {
        m_seats.push_back(std::make_unique<Seat>(target, watcher, m_bell));
        m_seats.back()->follower.patience = patience;
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
            const auto ordered = what.get();
            if (ordered && !seat.followed.error) {
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

void Conductor::wait_for(std::size_t first, std::size_t last, Keeper& keeper) {
    m_bell->answer(last, keeper);
    for (std::size_t i = first; i < last; ++i) {
        m_seats[i]->thread.join();
    }
}

std::vector<Followed> Conductor::run(const Plan& plan, Keeper& keeper) {
    const auto canary = static_cast<std::size_t>(std::max(plan.settings.canary, 1));
    const auto parallel = static_cast<std::size_t>(std::max(plan.settings.parallel, 1));
    std::size_t begin = 0;
    while (begin < m_seats.size()) {
        const std::size_t end = std::min(m_seats.size(), begin + (begin == 0 ? canary : parallel));
        for (std::size_t i = begin; i < end; ++i) {
            start(*m_seats[i], [&plan](Follower& follower) { return follower.run(plan); });
        }
        wait_for(begin, end, keeper);
        const bool good = std::all_of(
            m_seats.begin() + static_cast<std::ptrdiff_t>(begin),
            m_seats.begin() + static_cast<std::ptrdiff_t>(end),
            [](const auto& seat) { return seat->followed.end && seat->followed.end->good(); });
        if (!good) {
            break;
        }
        begin = end;
    }
    return take();
}

std::vector<Followed> Conductor::all(const std::function<Followed(Follower&)>& work,
                                     Keeper& keeper) {
    for (auto& seat : m_seats) {
        start(*seat, work);
    }
    wait_for(0, m_seats.size(), keeper);
    return take();
}

std::vector<Followed> Conductor::attach(const RunPlace& place, Keeper& keeper) {
    return all([&place](Follower& follower) { return follower.attach(place); }, keeper);
}

std::vector<Followed> Conductor::peek(const RunPlace& place, bool bury) {
    Keeper nobody(nullptr, store::Spool({}, {}), "");
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
