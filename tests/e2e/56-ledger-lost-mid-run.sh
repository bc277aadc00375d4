#!/usr/bin/env bash
# The ledger goes away during the run: exit 6, the result is kept and told by the next command.
. "$(dirname "$0")/harness.sh"

require postgres
use_postgres
lab command
version v1.1.0 --build 'touch "$HOME/building"; while [ ! -e "$HOME/go" ]; do sleep 0.2; done'
loomrel_start away --json stage-deploy --service "$SERVICE" --tag v1.1.0
pid=$STARTED
wait_for 20 "it builds" test -e "$T/stage/home/building"
stop_ledger
touch "$T/stage/home/go"
LIMIT=90 loomrel_wait away "$pid"
expect_exit 6
expect_json .ok true .exit 6 .tag v1.1.0
expect_serves v1.1.0
start_postgres
expect_sql 0 "SELECT count(*) FROM runs WHERE ended_at IS NOT NULL"
version v1.2.0
stage_deploy v1.2.0
expect_exit 0
expect_row v1.1.0 status manual_testing
expect_moves v1.1.0 "initiated building stage_deploy manual_testing"
expect_ups 1 v1.1.0
