#include "lib/deploy/ledger_recorder.hpp"

#include "lib/base/random.hpp"
#include "lib/messages/steps.hpp"

#include <algorithm>
#include <utility>

namespace loomrel::deploy {

namespace {

using release::Move;
using store::RunOutcome;

// A heartbeat every 5 s comes from the host; the ledger is told every other one.
constexpr std::chrono::seconds k_heartbeat{8};
// A ledger that is back must hear soon that somebody is at the run; one that stays away costs the
// watching thread its whole deadline each time.
constexpr Milliseconds k_in_peace{10000};
constexpr int k_most_doublings = 4;
constexpr std::string_view k_source = "journal";

} // namespace

std::optional<Move> move_of(const std::string& environment, const std::string& step) {
    if (environment != "stage") {
        return std::nullopt;
    }
    const auto known = std::find_if(messages::k_steps.begin(),
                                    messages::k_steps.end(),
                                    [&](const auto& each) { return each.name == step; });
    return known == messages::k_steps.end() ? std::nullopt : known->on_stage;
}

std::optional<Move> end_of(const std::string& environment, RunOutcome outcome) {
    if (outcome == RunOutcome::unknown) {
        return std::nullopt;
    }
    const bool good = outcome == RunOutcome::good;
    if (environment == "stage") {
        return good ? Move::manual_testing : Move::staging_failed;
    }
    if (environment == "prod") {
        return good ? Move::deployed : Move::production_failed;
    }
    return std::nullopt;
}

namespace {

// What serves after it, if all its hosts say the same.
std::string what_serves(const store::RunEnd& end) {
    std::string serves;
    for (const store::HostResult& host : end.hosts) {
        if (!serves.empty() && serves != host.serves) {
            return "";
        }
        serves = host.serves;
    }
    return serves;
}

std::string tag_of(const std::string& ref) {
    constexpr std::string_view k_tags = "refs/tags/";
    return ref.starts_with(k_tags) ? ref.substr(k_tags.size()) : ref;
}

} // namespace

LedgerRecorder::LedgerRecorder(store::Store* store, store::Spool spool, std::string actor)
    : m_store(store),
      m_spool(std::move(spool)),
      m_actor(std::move(actor)) {}

void LedgerRecorder::set_run(store::Run run) {
    m_run = std::move(run);
}

void LedgerRecorder::set_release(std::int64_t id, std::string environment) {
    m_release_id = id;
    m_environment = std::move(environment);
}

bool LedgerRecorder::is_away() const {
    return left_until(m_away_until).count() > 0;
}

void LedgerRecorder::note_away() {
    m_away_until = deadline_in(k_in_peace * (1 << std::min(m_failures++, k_most_doublings)));
}

// The move that the step means, once, with the journal's time where that is not now.
bool LedgerRecorder::pass(const StepRecord& step) {
    if (!step.signatures.commit.empty()) {
        m_signatures = step.signatures;
    }
    const auto move = move_of(m_environment, step.name);
    const bool known = std::any_of(
        m_passed.begin(), m_passed.end(), [&](const auto& each) { return each.to == move; });
    if (!move || known) {
        return false;
    }
    m_passed.push_back(
        {*move, step.began ? R"({"at":")" + to_rfc3339(*step.began) + R"("})" : std::string("{}")});
    return true;
}

void LedgerRecorder::step_started(const StepRecord& step) {
    if (!m_release_id || !pass(step) || m_store == nullptr || is_away()) {
        return;
    }
    store::Change change;
    change.id = random_uuid();
    change.release_id = *m_release_id;
    change.steps = {m_passed.back()};
    change.actor = m_actor;
    change.source = k_source;
    if (m_run) {
        change.during_run = m_run->id;
    }
    // Pinned as soon as it is known: two deploys of one commit are one release.
    if (!step.commit.empty() && (!m_run || m_run->commit.empty())) {
        change.commit = step.commit;
    }
    if (!step.signatures.commit.empty()) {
        change.signatures = step.signatures;
    }
    try {
        // A refusal here (somebody else concluded already) shows itself again at the end.
        const store::Changed changed = m_store->apply(change);
        if (changed.joined) {
            m_release_id = changed.joined;
        }
    } catch (const Error&) {
        note_away();
    }
}

void LedgerRecorder::catch_up(const RunTranscript& transcript) {
    for (const StepRecord& step : transcript.steps()) {
        pass(step);
    }
}

void LedgerRecorder::alive() {
    const auto now = std::chrono::steady_clock::now();
    if (m_store == nullptr || is_away() || !m_run || now - m_last_seen < k_heartbeat) {
        return;
    }
    m_last_seen = now;
    try {
        m_store->touch_run(m_run->id);
        m_failures = 0;
    } catch (const Error&) {
        note_away();
    }
}

std::vector<store::Change::Step> LedgerRecorder::steps_to(Move last,
                                                          const std::string& detail) const {
    std::vector<store::Change::Step> steps = m_passed;
    // A good end has passed every move, whatever of the journal was seen here.
    for (const Move move : {Move::building, Move::stage_deploy}) {
        const bool seen = std::any_of(
            steps.begin(), steps.end(), [&](const auto& step) { return step.to == move; });
        if (last == Move::manual_testing && !seen) {
            steps.insert(steps.begin() + (move == Move::building ? 0 : 1), {move, "{}"});
        }
    }
    steps.push_back({last, detail});
    return steps;
}

// The run is over and has its result, whatever becomes of a file beside it.
template <typename What> void LedgerRecorder::keep(const What& what, Conclusion& conclusion) {
    try {
        m_spool.keep(what);
    } catch (const std::exception& error) {
        conclusion.not_kept = error.what();
    }
}

LedgerRecorder::Conclusion LedgerRecorder::conclude(const store::RunEnd& end,
                                                    const std::string& commit,
                                                    const std::string& detail) {
    Conclusion conclusion;
    if (m_store == nullptr && !m_later) {
        conclusion.told = true;
        return conclusion;
    }
    if (m_run && m_run->kind == store::RunKind::rollback) {
        return conclude_rollback(end, detail);
    }
    store::Change change;
    change.id = random_uuid();
    change.actor = m_actor;
    change.source = k_source;
    change.end_run = end;
    if (const auto last = m_release_id ? end_of(m_environment, end.outcome) : std::nullopt) {
        change.release_id = *m_release_id;
        change.steps = steps_to(*last, detail);
        // What was found instead of the pinned commit is the reason of the failure, not a new pin.
        const bool is_pinned_one = !m_run || m_run->commit.empty() || m_run->commit == commit;
        if (!commit.empty() && is_pinned_one) {
            change.commit = commit;
            // Known only now, it may be the commit of another release, which this run joins.
            change.during_run = end.run_id;
        }
        if (!m_signatures.commit.empty()) {
            change.signatures = m_signatures;
        }
        const std::string serves = what_serves(end);
        if (end.outcome == RunOutcome::good) {
            change.rollback_to_tag = "";
        } else if (!serves.empty()) {
            change.rollback_to_tag = serves;
        }
    } else if (m_run) {
        // A run that began while the ledger was away is not in it; telling its end opens it first.
        change.open_run = m_run;
    }
    if (m_store == nullptr) {
        keep(change, conclusion);
        return conclusion;
    }
    try {
        const store::Changed changed = store::tell(*m_store, change);
        conclusion.told = true;
        conclusion.status = changed.status;
        conclusion.refused = changed.what == store::Changed::What::refused;
        if (changed.joined) {
            m_release_id = changed.joined;
        }
    } catch (const Error& error) {
        conclusion.error = error;
        keep(change, conclusion);
    }
    return conclusion;
}

void LedgerRecorder::set_rollback_from(std::string tag) {
    m_rollback_from = std::move(tag);
}

LedgerRecorder::Conclusion LedgerRecorder::conclude_rollback(const store::RunEnd& end,
                                                             const std::string& detail) {
    store::Rollback rollback;
    rollback.id = random_uuid();
    rollback.release_id = m_run->release_id;
    rollback.from_tag = m_rollback_from;
    rollback.to_tag = tag_of(m_run->ref);
    rollback.good = end.outcome == RunOutcome::good;
    rollback.detail = detail;
    rollback.actor = m_actor;
    rollback.run = *m_run;
    rollback.end = end;
    Conclusion conclusion;
    if (m_store == nullptr) {
        keep(rollback, conclusion);
        return conclusion;
    }
    try {
        const store::Changed changed = store::tell(*m_store, rollback);
        conclusion.told = true;
        conclusion.status = changed.status;
        conclusion.refused = changed.what == store::Changed::What::refused;
    } catch (const Error& error) {
        conclusion.error = error;
        keep(rollback, conclusion);
    }
    return conclusion;
}

} // namespace loomrel::deploy
