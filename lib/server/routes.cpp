#include "lib/server/handlers.hpp"

#include <array>

namespace loomrel::server {

namespace {

constexpr std::array k_routes{
    Route{"POST", "/release", Access::stage, true, create_release},
    Route{"PATCH", "/release", Access::work, true, patch_release},
    Route{"POST", "/update", Access::telegram, true, take_update, Executor::updates},
    Route{"GET", "/health", Access::open, false, health},
    Route{"GET", "/webhook/set", Access::open, false, set_webhook, Executor::webhook},
    Route{"POST", "/webhook/set", Access::manage, false, set_webhook, Executor::webhook},
    Route{"GET", "/releases", Access::read, false, list_releases},
    Route{"GET", "/releases/{id}", Access::read, false, get_release},
    Route{"GET", "/releases/{id}/events", Access::read, false, list_events},
    Route{"GET", "/releases/{id}/approvals", Access::read, false, list_approvals},
    Route{"POST", "/releases/{id}/approvals", Access::decide, true, decide},
    Route{"POST", "/releases/{id}/notes", Access::work, true, note_event},
    Route{"POST", "/notices", Access::work, true, add_notice},
    Route{"POST", "/changes", Access::work, true, apply_change},
    // Behind the door it wants production's: there a refusal can be told of its release.
    Route{"POST", "/claims", Access::work, true, claim_release},
    Route{"POST", "/claims/check", Access::prod, true, foresee_claim},
    Route{"GET", "/approval-rules", Access::read, false, get_rules},
    Route{"POST", "/runs", Access::work, true, open_run},
    Route{"GET", "/runs", Access::read, false, list_runs},
    Route{"GET", "/runs/{id}", Access::read, false, get_run},
    Route{"PATCH", "/runs/{id}", Access::work, true, patch_run},
    Route{"GET", "/schema", Access::read, false, check_schema},
    Route{"POST", "/schema", Access::manage, false, migrate_schema},
    Route{"GET", "/openapi.json", Access::read, false, describe},
};

} // namespace

std::span<const Route> routes() {
    return k_routes;
}

} // namespace loomrel::server
