#include "lib/server/handlers.hpp"

#include <array>

namespace loomrel::server {

namespace {

constexpr std::array k_routes{
    Route{"POST", "/release", Access::key, true, create_release},
    Route{"PATCH", "/release", Access::key, true, patch_release},
    Route{"POST", "/update", Access::telegram, true, take_update, Executor::updates},
    Route{"GET", "/health", Access::open, false, health},
    Route{"GET", "/webhook/set", Access::open, false, set_webhook, Executor::webhook},
    Route{"POST", "/webhook/set", Access::key, false, set_webhook, Executor::webhook},
    Route{"GET", "/releases", Access::key, false, list_releases},
    Route{"GET", "/releases/{id}", Access::key, false, get_release},
    Route{"GET", "/releases/{id}/events", Access::key, false, list_events},
    Route{"GET", "/releases/{id}/approvals", Access::key, false, list_approvals},
    Route{"POST", "/releases/{id}/approvals", Access::key, true, decide},
    Route{"POST", "/releases/{id}/notes", Access::key, true, note_event},
    Route{"POST", "/notices", Access::key, true, add_notice},
    Route{"POST", "/changes", Access::key, true, apply_change},
    Route{"POST", "/claims", Access::key, true, claim_release},
    Route{"POST", "/claims/check", Access::key, true, foresee_claim},
    Route{"GET", "/approval-rules", Access::key, false, get_rules},
    Route{"POST", "/runs", Access::key, true, open_run},
    Route{"GET", "/runs", Access::key, false, list_runs},
    Route{"GET", "/runs/{id}", Access::key, false, get_run},
    Route{"PATCH", "/runs/{id}", Access::key, true, patch_run},
    Route{"GET", "/schema", Access::key, false, check_schema},
    Route{"POST", "/schema", Access::key, false, migrate_schema},
    Route{"GET", "/openapi.json", Access::key, false, describe},
};

} // namespace

std::span<const Route> routes() {
    return k_routes;
}

} // namespace loomrel::server
