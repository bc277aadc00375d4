#!/usr/bin/env bash
# The ledger does not answer: exit 5, nothing started.
. "$(dirname "$0")/harness.sh"

require postgres
use_postgres
lab command
stage_deploy v1.0.0
expect_exit 0
RUN=$(sql "SELECT id FROM runs")
stop_ledger
# Nobody has asked the ledger: what is said is where was looked.
LIMIT=60 loomrel --json cancel "$RUN" --yes
expect_exit 2
expect_json .error.code run_not_found '.error.message | test("леджер не отвечает")' true \
    '.error.message | test("127.0.0.1")' true
version v1.1.0
before=$(fingerprint "$T/stage/home")
LIMIT=60 stage_deploy v1.1.0
expect_exit 5
expect_json '.error | (.code != "") and (.message != "") and (.hint | type == "string")' true
expect_said "127.0.0.1"
expect_equal "the host" "$before" "$(fingerprint "$T/stage/home")"
expect_equal "runs on the host" 1 "$(find "$T/stage/state/stage/$SERVICE/runs" -mindepth 1 -maxdepth 1 | wc -l)"
expect_serves v1.0.0
start_postgres
stage_deploy v1.1.0
expect_exit 0
expect_serves v1.1.0
