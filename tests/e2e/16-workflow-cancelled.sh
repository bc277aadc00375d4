#!/usr/bin/env bash
# "Cancel workflow" on GitHub: SIGINT, SIGTERM, SIGKILL. The run on the host ends before the switch,
# what served before still serves, and the step knows it.
. "$(dirname "$0")/harness.sh"

lab command
stage_deploy v1.0.0
expect_exit 0
runner real
version v1.1.0 --build 'touch "$HOME/building"; while :; do sleep 0.2; done'
push_event refs/tags/v1.1.0 developer developer "$(commit_of v1.1.0)"
workflow_start on-create-version-tag push --run 51
pid=$STARTED
wait_for 30 "it builds" test -e "$T/stage/home/building"
before=$(date +%s)
kill -INT "$pid"
CODE=0
wait "$pid" || CODE=$?
took=$(($(date +%s) - before))
[ $took -lt 10 ] || fail "it took $took s: GitHub has killed it by then"
expect_report .cancelled true '.steps[1].exit' 130
expect_serves v1.0.0
expect_ups 0 v1.1.0
expect_row v1.1.0 status staging_failed
expect_sql cancelled "SELECT outcome FROM runs WHERE ref = 'refs/tags/v1.1.0'"
# GitHub does not tell the step who pressed; its starter did not.
expect_sql "developer|github|GitHub Actions, run 51" \
    "SELECT began_by, began_via, cancelled_by FROM runs WHERE ref = 'refs/tags/v1.1.0'"
expect_in "$T/stage/log/$SERVICE/v1.1.0.log" "🛑"
expect_report '.steps[1].outputs.status' staging_failed
# The run has ended; its guardian may still be writing the log.
gone() { ! pgrep -f "$T/stage/state/stage/$SERVICE/runs/.*run.sh" >/dev/null; }
wait_for 10 "no process of the run is left" gone
