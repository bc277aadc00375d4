#pragma once

#include "lib/base/error.hpp"
#include "lib/store/keys.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace loomrel::test {

// What a ledger was told and what it answers. Outlives the store that a command is given.
struct Ledger {
    std::map<std::int64_t, release::Release> rows;
    std::map<std::int64_t, std::vector<release::Event>> history;
    std::vector<std::pair<store::NewRelease, store::Created>> created;
    std::vector<store::Change> changes;
    std::vector<store::Run> runs; // opened; what list_runs gives is among them
    std::vector<store::RunEnd> ends;
    std::map<std::int64_t, std::vector<store::Approval>> approvals;
    std::vector<store::Decision> decisions;
    std::optional<store::Decided> decides; // the answer to the next decision
    std::vector<store::Claim> claims;
    std::optional<store::Claimed> claimed; // the answer to the next claim
    std::optional<release::ApprovalRules> rules;
    std::map<std::string, store::Key> keys; // by digest
    std::vector<store::NewNote> notes;
    std::vector<store::NewNotice> notices;
    std::optional<store::Changed> refuses; // the answer to the next change
    std::optional<store::Opened> opens;    // the answer to the next run without a move
    std::vector<store::ReleaseQuery> queries;
    store::SchemaState schema{"Fake 1.0", {}, {}, {}};
    std::optional<Error> broken; // thrown by every call
    Time time;
    int opened = 0;
    store::Options options; // it was opened with
};

// A ledger in memory for the tests of commands: the status table is obeyed, transactions and the
// rest of the contract belong to the conformance suite of lib/store.
class FakeStore : public store::ApiLedger {
public:
    explicit FakeStore(Ledger& ledger)
        : m_ledger(ledger) {}

    std::optional<store::Key> find_key(const std::string& digest) override {
        answer();
        const auto found = m_ledger.keys.find(digest);
        return found == m_ledger.keys.end() ? std::nullopt : std::optional(found->second);
    }

    store::Created create_release(const store::NewRelease& release) override {
        answer();
        for (const auto& [known, result] : m_ledger.created) {
            if (known.service == release.service && known.tag == release.tag
                && known.run_id == release.run_id) {
                return {result.id, false, m_ledger.rows.at(result.id).status};
            }
        }
        const auto id = static_cast<std::int64_t>(m_ledger.rows.size()) + 1;
        release::Release row;
        row.id = id;
        row.service_name = release.service;
        row.release_tag = release.tag;
        row.status = "initiated";
        row.initiated_by = release.by;
        row.github_run_id = release.run_id;
        row.github_action_link = release.link;
        row.github_ref = release.ref;
        row.created_at = m_ledger.time;
        if (!release.commit.empty()) {
            row.commit_sha = release.commit;
        }
        m_ledger.rows[id] = row;
        const store::Created result{id, true, row.status};
        m_ledger.created.emplace_back(release, result);
        return result;
    }

    std::optional<release::Release> find_release(std::int64_t id) override {
        answer();
        const auto found = m_ledger.rows.find(id);
        return found == m_ledger.rows.end() ? std::nullopt : std::optional(found->second);
    }

    std::vector<release::Release> list_releases(const store::ReleaseQuery& query) override {
        answer();
        m_ledger.queries.push_back(query);
        std::vector<release::Release> found;
        for (auto row = m_ledger.rows.rbegin(); row != m_ledger.rows.rend(); ++row) {
            const auto state = row->second.state();
            const bool outrun = row->second.superseded_by.has_value();
            const bool listed =
                !query.list || (state && release::list_of(*state, outrun) == *query.list);
            if (listed && (query.service.empty() || row->second.service_name == query.service)
                && (query.tag.empty() || row->second.release_tag == query.tag)
                && static_cast<int>(found.size()) < query.limit) {
                found.push_back(row->second);
            }
        }
        return found;
    }

    std::vector<release::Event> events(std::int64_t release_id) override {
        answer();
        return m_ledger.history[release_id];
    }

    store::Changed apply(const store::Change& change) override {
        answer();
        m_ledger.changes.push_back(change);
        if (m_ledger.refuses) {
            return *std::exchange(m_ledger.refuses, std::nullopt);
        }
        const auto found = m_ledger.rows.find(change.release_id);
        if (found == m_ledger.rows.end()) {
            return {store::Changed::What::absent, "", "", {}, {}};
        }
        std::string& status = found->second.status;
        bool moved = change.steps.empty();
        for (const auto& step : change.steps) {
            const auto from = release::parse_status(status);
            const auto to = release::status_of(step.to);
            if (from == to) {
                continue;
            }
            const bool may = from && release::may_become(*from, to)
                             && (!release::is_again(*from, to) || change.open_run);
            if (!may) {
                return {store::Changed::What::refused, status, "status", {}, {}};
            }
            status = to_string(to);
            moved = true;
        }
        if (change.open_run && moved) {
            m_ledger.runs.push_back(*change.open_run);
        }
        return {
            moved ? store::Changed::What::done : store::Changed::What::already, status, "", {}, {}};
    }

    // No proof is asked for: that is the ledger's own, and its suite's.
    store::Claimed claim(const store::Claim& claim) override {
        answer();
        using What = store::Claimed::What;
        m_ledger.claims.push_back(claim);
        if (claim.barred) {
            store::Claimed barred;
            barred.what = What::refused;
            barred.conflict = "key";
            return barred;
        }
        if (m_ledger.claimed) {
            return *std::exchange(m_ledger.claimed, std::nullopt);
        }
        store::Claimed claimed;
        const auto found = m_ledger.rows.find(claim.release_id);
        if (found == m_ledger.rows.end()) {
            claimed.what = What::absent;
            return claimed;
        }
        std::string& status = found->second.status;
        const auto from = release::parse_status(status);
        if (status == "deploying") {
            claimed.what = What::already;
        } else if (!from || !release::may_become(*from, release::Status::deploying)) {
            claimed.what = What::refused;
            claimed.conflict = "status";
        } else {
            status = "deploying";
            claimed.there = claim.run;
            if (claim.run) {
                m_ledger.runs.push_back(*claim.run);
            }
        }
        claimed.status = status;
        return claimed;
    }

    store::Claimed foresee_claim(const store::Claim& claim) override {
        Ledger copy = m_ledger;
        return FakeStore(copy).claim(claim);
    }

    std::optional<release::ApprovalRules> approval_rules() override {
        answer();
        return m_ledger.rules;
    }

    store::Decided decide(const store::Decision& decision) override {
        answer();
        using What = store::Decided::What;
        m_ledger.decisions.push_back(decision);
        if (m_ledger.decides) {
            return *std::exchange(m_ledger.decides, std::nullopt);
        }
        store::Decided decided;
        const release::ApprovalRules& rules = m_ledger.rules ? *m_ledger.rules : decision.rules;
        decided.needed = rules.quorum > 0 ? rules.quorum : static_cast<int>(rules.approvers.size());
        const auto found = m_ledger.rows.find(decision.release_id);
        if (found == m_ledger.rows.end()) {
            decided.what = What::absent;
            return decided;
        }
        auto& said = m_ledger.approvals[decision.release_id];
        const auto here = [&](const store::Approval& one) {
            return one.approver_id == decision.approver_id;
        };
        const auto before = std::find_if(said.begin(), said.end(), here);
        std::string& status = found->second.status;
        if (before != said.end() && before->verdict == decision.verdict) {
            decided.what = What::already;
        } else if (status != "manual_testing") {
            decided.what = What::refused;
            decided.conflict = "status";
        } else {
            std::erase_if(said, here);
            said.push_back({decision.approver_id,
                            decision.approver_name,
                            decision.commit,
                            decision.verdict,
                            m_ledger.time});
            const bool rejected = decision.verdict == store::Verdict::rejected;
            const bool enough = static_cast<int>(said.size()) >= decided.needed;
            decided.what = rejected ? What::rejected : enough ? What::approved : What::counted;
            status = rejected ? "manual_test_failed" : enough ? "manual_test_passed" : status;
        }
        decided.status = status;
        decided.approvals = said;
        return decided;
    }

    std::vector<store::Approval> approvals(std::int64_t release_id) override {
        answer();
        return m_ledger.approvals[release_id];
    }

    bool note_event(const store::NewNote& note) override {
        answer();
        m_ledger.notes.push_back(note);
        return m_ledger.rows.count(note.release_id) == 1;
    }

    void add_notice(const store::NewNotice& notice) override {
        answer();
        m_ledger.notices.push_back(notice);
    }

    store::Opened open_run(const store::Run& run) override {
        answer();
        if (m_ledger.opens) {
            return *std::exchange(m_ledger.opens, std::nullopt);
        }
        m_ledger.runs.push_back(run);
        return {true, std::nullopt};
    }

    void touch_run(const std::string&) override {}

    void end_run(const store::RunEnd& end) override {
        answer();
        m_ledger.ends.push_back(end);
    }

    std::optional<store::Run> find_run(const std::string& run_id) override {
        answer();
        const auto found = std::find_if(m_ledger.runs.begin(),
                                        m_ledger.runs.end(),
                                        [&](const store::Run& run) { return run.id == run_id; });
        return found == m_ledger.runs.end() ? std::nullopt : std::optional(*found);
    }

    std::vector<store::Run> list_runs(const store::RunQuery& query) override {
        answer();
        std::vector<store::Run> found;
        for (auto run = m_ledger.runs.rbegin(); run != m_ledger.runs.rend(); ++run) {
            const bool listed =
                (query.service.empty() || run->service == query.service)
                && (query.environment.empty() || run->environment == query.environment)
                && (!query.release_id || run->release_id == query.release_id)
                && (query.ref.empty() || run->ref == query.ref)
                && (query.id.empty() || run->id.starts_with(query.id))
                && (!query.open_only || !run->ended_at)
                && (!query.good_only || run->outcome == store::RunOutcome::good);
            if (listed && static_cast<int>(found.size()) < query.limit) {
                found.push_back(*run);
            }
        }
        return found;
    }

    std::vector<store::HostResult> run_hosts(const std::string&) override { return {}; }

    std::vector<std::string> migrate() override {
        answer();
        auto& schema = m_ledger.schema;
        schema.applied.insert(schema.applied.end(), schema.pending.begin(), schema.pending.end());
        return std::exchange(schema.pending, {});
    }

    store::SchemaState check() override {
        answer();
        return m_ledger.schema;
    }

private:
    void answer() const {
        if (m_ledger.broken) {
            throw Error(*m_ledger.broken);
        }
    }

    Ledger& m_ledger;
};

} // namespace loomrel::test
