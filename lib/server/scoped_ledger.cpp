#include "lib/server/scoped_ledger.hpp"

#include "lib/base/text.hpp"
#include "lib/server/request.hpp"
#include "lib/server/scope.hpp"
#include "lib/store/entities.hpp"

#include <algorithm>
#include <utility>

namespace loomrel::server {

using release::Move;

void ScopedLedger::demand(bool fits, const std::string& what) const {
    if (!fits) {
        throw Refused{refusal(403,
                              "out_of_scope",
                              "the key \"" + m_asker.name() + "\" is for " + m_asker.rights()
                                  + ", not for " + what)};
    }
}

void ScopedLedger::demand(Access access) const {
    demand(m_asker.may_ask(access), "this");
}

void ScopedLedger::demand_service(const std::string& service) const {
    demand(m_asker.works_on(service), "service " + sanitize_line(cut_bytes(service, 100)));
}

void ScopedLedger::demand_place(const std::string& environment, const std::string& service) const {
    demand(m_asker.works_in(environment),
           "environment " + sanitize_line(cut_bytes(environment, 100)));
    demand_service(service);
}

std::optional<release::Release> ScopedLedger::demand_release(std::int64_t id) {
    auto row = m_store.find_release(id);
    if (row) {
        demand_service(row->service_name);
    }
    return row;
}

void ScopedLedger::ping() {
    (void)m_store.find_release(0);
}

store::Created ScopedLedger::create_release(store::NewRelease release) {
    demand_place("stage", release.service);
    release.actor = release.by;
    sign(release);
    return m_store.create_release(release);
}

std::optional<release::Release> ScopedLedger::find_release(std::int64_t id) {
    demand(Access::read);
    return demand_release(id);
}

std::vector<release::Release> ScopedLedger::list_releases(const store::ReleaseQuery& query) {
    demand(Access::read);
    return list_of(
        query,
        [this](const store::ReleaseQuery& one) { return m_store.list_releases(one); },
        [](const auto& one, const auto& other) { return one.id > other.id; });
}

void ScopedLedger::demand_look(std::int64_t release_id) {
    demand(Access::read);
    if (!m_asker.services().empty()) {
        (void)demand_release(release_id);
    }
}

std::vector<release::Event> ScopedLedger::events(std::int64_t release_id) {
    demand_look(release_id);
    return m_store.events(release_id);
}

std::vector<store::Approval> ScopedLedger::approvals(std::int64_t release_id) {
    demand_look(release_id);
    return m_store.approvals(release_id);
}

// Of a key that does not work in both environments, no move may begin in the other one, whatever
// becomes of the release meanwhile. All but one begin where they end: people are asked anew from
// production's statuses too. So stage's jobs ask by way of stage_deploy, which only stage leads to.
void ScopedLedger::demand_moves(store::Change& change, const std::string& status) const {
    for (const store::Change::Step& step : change.steps) {
        const std::string environment(environment_of(step.to));
        demand(m_asker.works_in(environment),
               "a move to " + std::string(to_string(step.to)) + ", which is " + environment + "'s");
    }
    if (change.steps.empty() && store::amends(change)) {
        demand(m_asker.works_in(std::string(environment_of(status))),
               "a release that is " + sanitize_line(cut_bytes(status, 100)));
    }
    const auto asks = std::find_if(change.steps.begin(), change.steps.end(), [](const auto& step) {
        return step.to == Move::manual_testing;
    });
    const bool comes_from_stage = std::any_of(
        change.steps.begin(), asks, [](const auto& step) { return step.to == Move::stage_deploy; });
    if (asks != change.steps.end() && !comes_from_stage && !m_asker.works_in("prod")) {
        change.steps.insert(asks, {Move::stage_deploy, "{}"});
    }
}

store::Changed ScopedLedger::apply(store::Change change) {
    demand(Access::work);
    if (!m_asker.is_unlimited()) {
        const auto row = demand_release(change.release_id);
        if (!row) {
            return {store::Changed::What::absent, "", "", {}, {}};
        }
        demand_moves(change, row->status);
        if (change.open_run) {
            demand_new_run(*change.open_run);
            demand(change.open_run->release_id == change.release_id, "a run of another release");
        }
        for (const std::string& run :
             {change.during_run.value_or(""), change.end_run ? change.end_run->run_id : ""}) {
            if (!run.empty()) {
                demand_run(run);
            }
        }
    }
    if (change.open_run) {
        change.open_run->key = m_asker.name();
    }
    if (change.end_run) {
        change.end_run->key = m_asker.name();
    }
    sign(change);
    return m_store.apply(change);
}

store::Changed ScopedLedger::apply_status(store::Change change) {
    change.by_script = m_asker.is_interserver();
    return apply(std::move(change));
}

void ScopedLedger::demand_claim(const store::Claim& claim) {
    demand(Access::prod);
    if (!m_asker.is_unlimited()) {
        (void)demand_release(claim.release_id);
        if (claim.run) {
            demand_new_run(*claim.run);
        }
    }
}

void ScopedLedger::note_barred(store::Claim claim) {
    claim.barred = true;
    sign(claim);
    try {
        (void)m_store.claim(claim);
    } catch (const Error&) {
        // It is refused all the same.
    }
}

store::Claimed ScopedLedger::claim(store::Claim claim) {
    try {
        demand_claim(claim);
    } catch (const Refused&) {
        note_barred(std::move(claim));
        throw;
    }
    claim.rules = m_rules;
    sign(claim);
    if (claim.run) {
        claim.run->key = m_asker.name();
    }
    return m_store.claim(claim);
}

store::Claimed ScopedLedger::claim_status(store::Claim claim) {
    claim.by_script = m_asker.is_interserver();
    return this->claim(std::move(claim));
}

store::Claimed ScopedLedger::foresee_claim(store::Claim claim) {
    demand_claim(claim);
    claim.rules = m_rules;
    sign(claim);
    return m_store.foresee_claim(claim);
}

store::Decided ScopedLedger::decide(store::Decision decision) {
    demand(Access::decide);
    const std::int64_t approver = m_asker.approver().value_or(0);
    demand(decision.approver_id == approver,
           "a decision of approver " + std::to_string(decision.approver_id));
    if (!find_release(decision.release_id)) {
        store::Decided nothing;
        nothing.what = store::Decided::What::absent;
        return nothing;
    }
    decision.approver_name = release::approver_of(approval_rules(), approver).name;
    decision.typed_by = m_asker.name();
    decision.source = k_source;
    decision.rules = m_rules;
    return m_store.decide(decision);
}

release::ApprovalRules ScopedLedger::approval_rules() {
    demand(Access::read);
    return m_store.approval_rules().value_or(m_rules);
}

store::SchemaState ScopedLedger::check() {
    demand(Access::read);
    return m_store.check();
}

std::vector<std::string> ScopedLedger::migrate() {
    demand(Access::manage);
    return m_store.migrate();
}

} // namespace loomrel::server
