#pragma once

#include "lib/release/approval.hpp"
#include "lib/server/identity.hpp"
#include "lib/store/store.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace loomrel::server {

// The ledger as one key may use it, and all of it that handlers are given: what lies outside the
// key's environments and services is Refused (403), and `actor` and `source` of whatever is written
// are the server's own words (design 13.6). What each call answers is said at store::Store.
class ScopedLedger {
public:
    // `rules`: of decisions and claims until a `serve` has written some.
    ScopedLedger(store::Store& store, const Identity& asker, const release::ApprovalRules& rules)
        : m_store(store),
          m_asker(asker),
          m_rules(rules) {}

    // Throws Error if the ledger does not answer.
    void ping();

    store::Created create_release(store::NewRelease release);
    [[nodiscard]] std::optional<release::Release> find_release(std::int64_t id);
    [[nodiscard]] std::vector<release::Release> list_releases(const store::ReleaseQuery& query);
    [[nodiscard]] std::vector<release::Event> events(std::int64_t release_id);
    [[nodiscard]] std::vector<store::Approval> approvals(std::int64_t release_id);

    store::Changed apply(store::Change change);
    store::Claimed claim(store::Claim claim);
    store::Claimed foresee_claim(store::Claim claim);
    // As the spec's own scripts ask for them, by writing a status.
    store::Changed apply_status(store::Change change);
    store::Claimed claim_status(store::Claim claim);

    // As the key's approver, whoever the decision says it is of.
    store::Decided decide(store::Decision decision);
    [[nodiscard]] release::ApprovalRules approval_rules();

    [[nodiscard]] bool note_event(store::NewNote note);
    // Gives the key that the ledger keeps it under.
    std::string add_notice(store::NewNotice notice);

    [[nodiscard]] store::Opened open_run(store::Run run);
    void touch_run(const std::string& run_id);
    void end_run(store::RunEnd end);
    [[nodiscard]] std::optional<store::Run> find_run(const std::string& run_id);
    [[nodiscard]] std::vector<store::Run> list_runs(const store::RunQuery& query);
    [[nodiscard]] std::vector<store::HostResult> run_hosts(const std::string& run_id);

    [[nodiscard]] store::SchemaState check();
    std::vector<std::string> migrate();

private:
    static constexpr const char* k_source = "api"; // of events

    void demand(bool fits, const std::string& what) const;
    void demand(Access access) const;
    void demand_service(const std::string& service) const;
    void demand_place(const std::string& environment, const std::string& service) const;
    // A release of the key's services; nullopt: there is none of this id.
    std::optional<release::Release> demand_release(std::int64_t id);
    // The same for who only looks.
    void demand_look(std::int64_t release_id);
    // A run of the key's environments and services, if it is there.
    void demand_run(const std::string& id);
    void demand_new_run(const store::Run& run);
    void demand_moves(store::Change& change, const std::string& status) const;
    void demand_claim(const store::Claim& claim);
    // Who asks for production without a right to it is refused, and told of.
    void note_barred(store::Claim claim);

    // The server's word in place of the client's.
    template <typename Asked> void sign(Asked& asked) const {
        asked.said = {std::exchange(asked.actor, m_asker.name()),
                      std::exchange(asked.source, k_source)};
    }

    // All of one service, or the newest of those that the key is for.
    template <typename Query, typename List, typename Newer>
    auto list_of(const Query& query, const List& list, const Newer& newer) const
        -> decltype(list(query)) {
        if (!query.service.empty() || m_asker.services().empty()) {
            if (!query.service.empty()) {
                demand_service(query.service);
            }
            return list(query);
        }
        decltype(list(query)) rows;
        Query of_one = query;
        for (const std::string& service : m_asker.services()) {
            of_one.service = service;
            const auto page = list(of_one);
            rows.insert(rows.end(), page.begin(), page.end());
        }
        std::stable_sort(rows.begin(), rows.end(), newer);
        const auto most = static_cast<std::size_t>(std::max(query.limit, 0));
        rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(std::min(rows.size(), most)),
                   rows.end());
        return rows;
    }

    store::Store& m_store;
    const Identity& m_asker;
    const release::ApprovalRules& m_rules;
};

} // namespace loomrel::server
