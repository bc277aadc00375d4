#!/usr/bin/env bash
# The same with a Postgres ledger, in GitHub Actions.
. "$(dirname "$0")/harness.sh"

require postgres
use_postgres
lab command
as_github 4711 1 v1.0.0
loomrel stage-deploy
expect_exit 0
expect_serves v1.0.0
expect_row v1.0.0 status manual_testing commit_sha "$(commit_of v1.0.0)" github_run_id 4711 \
    github_action_link "https://github.com/example/$SERVICE/actions/runs/4711" \
    github_ref refs/tags/v1.0.0 initiated_by developer "completed_at IS NULL" t
expect_moves v1.0.0 "initiated building stage_deploy manual_testing"
expect_said "::group::"
expect_in "$T/output" "release_id" "manual_testing" "$(commit_of v1.0.0)"
expect_in "$T/summary" "v1.0.0" "|"
