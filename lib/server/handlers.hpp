#pragma once

#include "lib/server/api.hpp"

// What stands behind the routes, by subject. Each reads its call, asks the store once and answers;
// what they throw is turned into an answer by Api.
namespace loomrel::server {

[[nodiscard]] Response no_release();

Response create_release(Call& call);
Response patch_release(Call& call);
Response list_releases(Call& call);
Response get_release(Call& call);
Response list_events(Call& call);
Response apply_change(Call& call);
Response claim_release(Call& call);
Response foresee_claim(Call& call);

Response decide(Call& call);
Response get_rules(Call& call);
Response list_approvals(Call& call);
Response note_event(Call& call);
Response add_notice(Call& call);

Response open_run(Call& call);
Response list_runs(Call& call);
Response get_run(Call& call);
Response patch_run(Call& call);

Response take_update(Call& call);
Response health(Call& call);
Response set_webhook(Call& call);
Response describe(Call& call);
Response check_schema(Call& call);
Response migrate_schema(Call& call);

} // namespace loomrel::server
