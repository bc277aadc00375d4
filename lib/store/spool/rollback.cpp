#include "lib/store/spool/rollback.hpp"

#include "lib/base/json_text.hpp"
#include "lib/store/spool/spool.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace loomrel::store {

namespace {

// The newest release of this tag that is in one of these statuses.
std::optional<std::int64_t> newest_in(Store& store,
                                      const std::string& service,
                                      const std::string& tag,
                                      std::initializer_list<release::Status> statuses) {
    ReleaseQuery query;
    query.service = service;
    query.tag = tag;
    for (const release::Release& release : store.list_releases(query)) {
        const auto state = release.state();
        if (state && std::find(statuses.begin(), statuses.end(), *state) != statuses.end()) {
            return release.id;
        }
    }
    return std::nullopt;
}

// A rollback's second change has an id of its own, which is the same when it is told again; the
// Release API takes nothing but UUIDs.
std::string id_of_the_way_back(std::string id) {
    constexpr std::string_view k_digits = "0123456789abcdef";
    const std::size_t digit = id.empty() ? std::string_view::npos : k_digits.find(id.back());
    if (digit != std::string_view::npos) {
        id.back() = k_digits[digit ^ 1];
    }
    return id;
}

// No move tells of it. One that was cancelled is told as that.
void tell_people(Store& store, const Rollback& rollback) {
    if (!rollback.end.cancelled_by.empty() || rollback.end.outcome == RunOutcome::unknown) {
        return;
    }
    const nlohmann::json fact{{"service", rollback.run.service},
                              {"environment", rollback.run.environment},
                              {"tag", rollback.to_tag},
                              {"from", rollback.from_tag},
                              {"by", rollback.actor},
                              {"ok", rollback.good},
                              {"at", to_rfc3339(now())},
                              {"run_id", rollback.run.id}};
    store.add_notice(
        {"rolled_back:" + rollback.run.id, "rolled_back", std::nullopt, json_text(fact)});
}

} // namespace

std::optional<std::int64_t>
release_to_roll_back(Store& store, const std::string& service, const std::string& tag) {
    using release::Status;
    // No tag would ask for all of them.
    if (tag.empty()) {
        return std::nullopt;
    }
    return newest_in(
        store,
        service,
        tag,
        {Status::rollback, Status::deployed, Status::production_failed, Status::rollback_failed});
}

Changed tell(Store& store, const Rollback& rollback) {
    using release::Move;
    using release::Status;
    Run run = rollback.run;
    const bool moves = run.environment == "prod";
    const auto release = !moves ? std::nullopt
                         : rollback.release_id
                             ? rollback.release_id
                             : release_to_roll_back(store, run.service, rollback.from_tag);
    // Whose run it is the ledger says, not whoever tells of it.
    run.release_id = release;
    tell_late(store, run);
    if (!release) {
        tell_people(store, rollback);
        store.end_run(rollback.end);
        return {};
    }
    Change change;
    change.id = rollback.id;
    change.release_id = *release;
    change.actor = rollback.actor;
    change.source = "journal";
    change.steps = {{Move::rollback, "{}"},
                    {rollback.good ? Move::rollback_done : Move::rollback_failed, rollback.detail}};
    change.end_run = rollback.end;
    if (rollback.good) {
        change.rollback_to_tag = rollback.to_tag;
    }
    const Changed changed = tell(store, change);
    const auto again = rollback.good
                           ? newest_in(store, run.service, rollback.to_tag, {Status::rollback_done})
                           : std::nullopt;
    if (again && *again != *release) {
        Change back;
        back.id = id_of_the_way_back(rollback.id);
        back.release_id = *again;
        back.actor = rollback.actor;
        back.source = "journal";
        back.steps = {{Move::deployed, rollback.detail}};
        back.rollback_to_tag = "";
        (void)store.apply(back);
    }
    return changed;
}

} // namespace loomrel::store
