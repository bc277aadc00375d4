#!/usr/bin/env bash
# A pushed branch is deployed to its author's own host, whoever pushed it.
. "$(dirname "$0")/harness.sh"

dev_lab command
push_branch feature/new-look one
push_event refs/heads/feature/new-look developer-ONE somebody-else "$(in_dev rev-parse HEAD)"
as_github_branch 100 1 feature/new-look
loomrel --json dev-deploy
expect_exit 0
commit=$(in_dev rev-parse HEAD)
log=$T/stage/log/dev/$SERVICE/feature-new-look.log
expect_json .ok true .exit 0 .environment dev .branch feature/new-look .tag '' .release_id null \
    .commit "$commit" .log "$log" '.hosts[0].serves' feature/new-look .failure null
expect_in "$T/err" "Developer_One: $SERVICE feature/new-look → $(id -un)@127.0.0.1:$(port_of stage)"
expect_serves one
expect_log_form "$log"
expect_order "$log" "feature/new-look" "✅ Health check пройден!"
expect_in "$T/output" "status<<" good "commit<<" "$commit" "log<<" "$log"
expect_in "$T/summary" "feature" "✅"
expect_equal "logins, commands" "1 1" "$(logins_of stage) $(commands_of stage)"
expect_sql "dev|refs/heads/feature/new-look|good||100|1" \
    "SELECT environment, ref, outcome, release_id, github_run_id, github_run_attempt FROM runs"
expect_sql 0 "SELECT count(*) FROM releases"

# The same attempt of the same run is reported, a higher one deploys again.
run=$(jq -r .run_id "$T/out")
loomrel --json dev-deploy
expect_exit 0
expect_json .ok true .run_id "$run" .branch feature/new-look
expect_equal "commands on the host" 1 "$(commands_of stage)"
as_github_branch 100 2 feature/new-look
loomrel --json dev-deploy
expect_exit 0
expect_sql 2 "SELECT count(*) FROM runs WHERE outcome = 'good'"

# A branch may be named like a tag: it is the branch that is deployed.
push_branch v1.0.0 "a branch called v1.0.0"
ENVIRONMENT=()
loomrel --json dev-deploy --service "$SERVICE" --branch v1.0.0 --author Developer_one
expect_exit 0
expect_json .commit "$(in_dev rev-parse HEAD)"
expect_serves "a branch called v1.0.0"

# What was deployed to dev can be looked at like everything else.
loomrel attach "$(jq -r .run_id "$T/out")"
expect_exit 0
loomrel logs --env dev --service "$SERVICE" --tag feature/new-look
expect_exit 0
expect_said "feature/new-look"

# It fails like everything else: nothing is put back, and nobody is told otherwise.
push_branch broken two --unhealthy
loomrel --json dev-deploy --service "$SERVICE" --branch broken --author developer-one
expect_exit 1
expect_json .ok false .failure.code health_failed .failure.step health
expect_serves two
loomrel --json dev-deploy --service "$SERVICE" --branch broken --author developer-one \
    --commit "$(commit_of refs/tags/v1.0.0)"
expect_exit 3
loomrel --json dev-deploy --service "$SERVICE" --branch gone --author developer-one
expect_exit 1
expect_json .failure.code ref_not_found
