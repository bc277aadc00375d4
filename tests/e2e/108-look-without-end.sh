#!/usr/bin/env bash
# A look is over after 10 s and 1 MiB, whatever the host prints; a log-in has its own time, which is
# shown.
. "$(dirname "$0")/harness.sh"

lab command
stage_deploy v1.0.0
expect_exit 0
cp "$T/stage/login" "$T/login"

# looks WHAT COMMAND…: ends in time, in words.
looks() {
    local what=$1
    shift
    SECONDS=0
    LIMIT=60 loomrel "$@"
    [ $SECONDS -le 13 ] || fail "$what: $SECONDS s"
    [ "$(wc -c <"$T/err")" -lt 10000 ] || fail "$what: the flood came through"
}

for flood in 'yes loomrel' 'yes loomrel >&2' 'while :; do printf x; sleep 0.1; done'; do
    sed "2i $flood" "$T/login" >"$T/stage/login"
    looks "status, $flood" status --env stage --service "$SERVICE"
    expect_said "127.0.0.1"
    looks "rollback, $flood" rollback --env stage --service "$SERVICE" --yes
    expect_exit 4
done
cp "$T/login" "$T/stage/login"

# A log-in that takes its time, and one that takes too long.
port=$(free_port)
start python3 -c "import socket, time; s = socket.create_server(('127.0.0.1', $port)); time.sleep(100)"
wait_for 5 "the silent host" listens "$port"
sed -i "s/^STAGE_PORT=.*/STAGE_PORT=$port/" "$T/ci/.env.servers"
sed -i '/^\[deploy\]/a connect_wait = "7s"' "$T/ci/loomrel.toml"
SECONDS=0
LIMIT=30 loomrel status --env stage --service "$SERVICE"
{ [ $SECONDS -ge 6 ] && [ $SECONDS -le 11 ]; } || fail "connect_wait = 7s took $SECONDS s"
expect_in "$T/err" "Ждём входа" "5 с из 7"
