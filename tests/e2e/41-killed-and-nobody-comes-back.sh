#!/usr/bin/env bash
# kill -9 mid-build and nobody asks again: the run ends by itself, attach concludes the release.
. "$(dirname "$0")/harness.sh"

lab command
version v1.1.0 --build 'touch "$HOME/building"; while [ ! -e "$HOME/go" ]; do sleep 0.2; done'
loomrel_start gone --json stage-deploy --service "$SERVICE" --tag v1.1.0
pid=$STARTED
wait_for 20 "it builds" test -e "$T/stage/home/building"
kill -9 "$pid"
wait "$pid" 2>/dev/null || :
run=$(sql "SELECT id FROM runs")
touch "$T/stage/home/go"
wait_for 20 "the run ends on the host" test -s "$T/stage/state/stage/$SERVICE/runs/$run/status"
ended=$(date +%s)
sleep 3
expect_serves v1.1.0
expect_in "$T/stage/log/$SERVICE/v1.1.0.log" "✅ Тег v1.1.0 успешно развернут и приложение работает!"
expect_sql 0 "SELECT count(*) FROM runs WHERE ended_at IS NOT NULL"
loomrel --json attach "$run"
expect_exit 0
expect_json .ok true .run_id "$run" .status manual_testing
expect_moves v1.1.0 "initiated building stage_deploy manual_testing"
# What is caught up has the journal's time beside the ledger's.
for at in $(sql "SELECT json_extract(detail, '$.at') FROM release_events WHERE to_status IN ('stage_deploy', 'manual_testing')"); do
    off=$(($(date -d "$at" +%s) - ended))
    [ "${off#-}" -le 2 ] || fail "a move is said to be $off s away from when it was"
done
expect_ups 1 v1.1.0

# Concluded by the next command on the service, too.
version v1.2.0 --build 'touch "$HOME/building2"; sleep 0.5'
loomrel_start gone --json stage-deploy --service "$SERVICE" --tag v1.2.0
pid=$STARTED
wait_for 20 "it builds" test -e "$T/stage/home/building2"
kill -9 "$pid"
wait "$pid" 2>/dev/null || :
run=$(sql "SELECT id FROM runs WHERE ended_at IS NULL")
wait_for 20 "the run ends on the host" test -s "$T/stage/state/stage/$SERVICE/runs/$run/status"
version v1.3.0
ENVIRONMENT=(USER=somebody LOGNAME=somebody)
stage_deploy v1.3.0
expect_exit 0
# It stays the run of the one who began it.
expect_sql "$(id -un)" "SELECT DISTINCT actor FROM release_events
    WHERE to_status <> from_status AND release_id = (SELECT id FROM releases WHERE release_tag = 'v1.2.0')"
expect_sql somebody "SELECT DISTINCT actor FROM release_events
    WHERE release_id = (SELECT id FROM releases WHERE release_tag = 'v1.3.0')"
expect_row v1.2.0 status manual_testing
expect_row v1.3.0 status manual_testing
expect_serves v1.3.0
