#pragma once

#include "lib/base/error.hpp"
#include "lib/deploy/run_transcript.hpp"
#include "lib/release/status.hpp"
#include "lib/store/spool/spool.hpp"
#include "lib/store/store.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace loomrel::deploy {

// Keeps the ledger told while a run goes on: moves from the journal, heartbeats, the end. A ledger
// that is away never holds up a run: what it was not told is caught up at the end, in one
// transaction, or goes to the spool. Lives in one thread, the one that waits for the followers.
class LedgerRecorder {
public:
    // `store` = null: a run without a ledger (dev-deploy).
    LedgerRecorder(store::Store* store, store::Spool spool, std::string actor);

    void set_run(store::Run run);
    // The release's status when the run was opened: what there is to catch up from.
    void set_release(std::int64_t id, std::string environment);

    void step_started(const StepRecord& step);
    void alive();

    // The release whose run this is by now: another row of its tag and commit may have been there
    // first.
    [[nodiscard]] std::optional<std::int64_t> release_id() const { return m_release_id; }

    // There is a ledger, but it does not answer: what the run comes to goes to the spool.
    void tell_later() { m_later = true; }

    // A rollback: what it leaves, where the ledger did not say which release that is.
    void set_rollback_from(std::string tag);
    // Of a run that was not watched: the moves its journal tells, made with the end's.
    void catch_up(const RunTranscript& transcript);

    struct Conclusion {
        bool told = false;          // false: in the spool, unless `not_kept`
        std::string status;         // the release's, after it; "" without a release
        bool refused = false;       // the release had moved on: `status` is what it has
        std::optional<Error> error; // why it could not be told
        // Why the spool could not take it either. Only the host knows of it then: no acknowledging.
        std::optional<std::string> not_kept;
    };

    // `commit` pins the release's; what serves after a failure becomes its rollback_to_tag. Tries
    // for as long as the store's deadline allows.
    Conclusion
    conclude(const store::RunEnd& end, const std::string& commit, const std::string& detail);

private:
    template <typename What> void keep(const What& what, Conclusion& conclusion);
    Conclusion conclude_rollback(const store::RunEnd& end, const std::string& detail);
    bool pass(const StepRecord& step);
    [[nodiscard]] bool is_away() const;
    void note_away();
    [[nodiscard]] std::vector<store::Change::Step> steps_to(release::Move last,
                                                            const std::string& detail) const;

    store::Store* m_store;
    store::Spool m_spool;
    std::string m_actor;
    std::optional<store::Run> m_run;
    std::optional<std::int64_t> m_release_id;
    std::string m_environment;
    bool m_later = false;
    std::string m_rollback_from;
    release::Signatures m_signatures;          // of the run's commit, once a host has told them
    std::vector<store::Change::Step> m_passed; // moves that the journal has told
    Deadline m_away_until{};                   // the ledger failed: it is left in peace for so long
    int m_failures = 0;                        // in a row
    Deadline m_last_seen{};
};

// The move that a step's start means for a release in this environment (design 6, "Steps").
[[nodiscard]] std::optional<release::Move> move_of(const std::string& environment,
                                                   const std::string& step);
// Where a run of this environment leaves the release.
[[nodiscard]] std::optional<release::Move> end_of(const std::string& environment,
                                                  store::RunOutcome outcome);

} // namespace loomrel::deploy
