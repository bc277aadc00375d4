#!/usr/bin/env bash
# SIGTERM before the switch cancels the run: what served before still serves.
. "$(dirname "$0")/harness.sh"

lab command
stage_deploy v1.0.0
expect_exit 0

# Before anything has begun nobody has to wait for a ledger that is silent.
port=$(free_port)
start python3 -c "import socket, time; s = socket.create_server(('127.0.0.1', $port)); time.sleep(60)"
ENVIRONMENT=(LOOMREL_STORE="http://127.0.0.1:$port/api" LOOM_INTERSERVER_SECRET_KEY=key)
before=$(logins_of stage)
loomrel_start silent --json stage-deploy --service "$SERVICE" --tag v1.0.0
ENVIRONMENT=()
pid=$STARTED
logged_in() { [ "$(logins_of stage)" -gt "$before" ]; }
wait_for 20 "it has logged in" logged_in
SECONDS=0
kill -s TERM "$pid"
loomrel_wait silent "$pid"
expect_exit 130
expect_json .error.code interrupted
[ $SECONDS -lt 5 ] || fail "it took $SECONDS s to leave"

n=0
for signal in INT TERM HUP; do
    n=$((n + 1)) tag=v1.$n.0
    version "$tag" --build 'touch "$HOME/building-$LOOMREL_TAG"; while :; do sleep 0.2; done'
    loomrel_start "$signal" --json stage-deploy --service "$SERVICE" --tag "$tag"
    pid=$STARTED
    wait_for 20 "it builds" test -e "$T/stage/home/building-$tag"
    kill -s $signal "$pid"
    LIMIT=30 loomrel_wait "$signal" "$pid"
    expect_exit 130
    expect_serves v1.0.0
    expect_ups 0 "$tag"
    expect_row "$tag" status staging_failed
    expect_in "$T/stage/log/$SERVICE/$tag.log" "🛑"
    expect_equal "processes of the build" "" "$(pgrep -f "$T/stage/state/stage/$SERVICE/runs/.*run.sh" || :)"
done

# After the switch the run goes on by itself, and the last line tells how to follow it.
version v1.9.0
sed -i '1i touch "$HOME/switched"; sleep 2' "$T/dev/$SERVICE/up.sh"
version v1.10.0
loomrel_start late stage-deploy --service "$SERVICE" --tag v1.10.0
pid=$STARTED
wait_for 20 "it has switched" test -e "$T/stage/home/switched"
kill -s TERM "$pid"
LIMIT=30 loomrel_wait late "$pid"
[ $CODE = 130 ] || [ $CODE = 7 ] || fail "exit code: wanted 130 or 7, got $CODE"
run=$(sql "SELECT id FROM runs WHERE ref = 'refs/tags/v1.10.0'")
expect_said "loomrel attach $run"
loomrel --json attach "$run"
expect_exit 0
expect_serves v1.10.0
expect_row v1.10.0 status manual_testing
