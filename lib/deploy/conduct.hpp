#pragma once

#include "lib/deploy/follow.hpp"
#include "lib/deploy/ledger_recorder.hpp"

#include <memory>
#include <string>
#include <vector>

namespace loomrel::deploy {

class EventQueue; // what the hosts' threads tell the calling one

// A host by its shown name, and how to reach it.
struct Target {
    std::string name;
    Connector connector;
};

// A host that is slower than this to answer does not hold up the others (design 13.8).
inline constexpr Milliseconds k_prompt{15000};

// Runs one plan on the hosts of an environment: first the canary, which must be good, then waves of
// `parallel`, one thread a host. Hosts that have not let us in after 15 s stand back: those that
// have are served first. Where a host fails, on_partial says whether the others go on (leave) or
// are put back (restore). What passes is told to the listener from those threads, and to the
// recorder from the calling one, so that a slow ledger never holds up a stream.
class Conductor {
public:
    Conductor(std::vector<Target> targets, RunListener listener, Patience patience);
    ~Conductor();

    const std::atomic<StopRequest>* stop_request = nullptr;
    std::string asks_as; // Follower::asks_as; before it begins to connect
    // The run of run() is one that was there before this command.
    bool joins = false;

    // Begins to log in to the first wave: beside whatever the caller does before run().
    void begin_connecting(int canary);
    // Nothing was sent to any host yet, and nothing will be.
    void abandon();

    [[nodiscard]] std::vector<Followed> run(const Plan& plan, LedgerRecorder& recorder);
    // Follower::attach on every host.
    [[nodiscard]] std::vector<Followed>
    attach(const RunPlace& place, bool cancel_if_absent, LedgerRecorder& recorder);
    // Only looks; a run that goes on is left at once (Follower::peek).
    [[nodiscard]] std::vector<Followed> peek(const RunPlace& place, bool cancel_if_absent);

    // After the ledger's commit.
    void acknowledge();

private:
    struct HostRun; // one host: its follower, its thread, what came of it

    void start(HostRun& host_run, std::function<Followed(Follower&)> work);
    void let_late_ones_stand_back(std::size_t begin, std::size_t size, LedgerRecorder& recorder);
    void wait_for(std::size_t first, std::size_t last, LedgerRecorder& recorder);
    void put_back(const Plan& plan, LedgerRecorder& recorder);
    [[nodiscard]] Plan learn_from_hosts(Plan plan) const;
    [[nodiscard]] bool is_stop_requested() const;
    std::vector<Followed> all(const std::function<Followed(Follower&)>& work,
                              LedgerRecorder& recorder);
    std::vector<Followed> take();

    std::vector<Target> m_targets;
    RunListener m_listener;
    Patience m_patience;
    std::vector<std::unique_ptr<HostRun>> m_host_runs;
    std::shared_ptr<EventQueue> m_events;
};

} // namespace loomrel::deploy
