#!/usr/bin/env bash
# Whoever asks twice is let go at once, whatever hangs: the log-in, the channel, a run that does not
# obey, a host that is out of reach.
. "$(dirname "$0")/harness.sh"

lab command
stage_deploy v1.0.0
expect_exit 0

# twice NAME: one signal, and another; the second ends it, if the first was not enough.
twice() {
    local before after
    kill -INT "$pid"
    sleep 0.2
    before=${EPOCHREALTIME/[.,]/}
    kill -INT "$pid" 2>/dev/null || :
    CODE=0
    wait "$pid" || CODE=$?
    after=${EPOCHREALTIME/[.,]/}
    cp "$T/out.$1" "$T/out"
    cp "$T/err.$1" "$T/err"
    expect_exit 130
    [ $((after - before)) -lt 300000 ] || fail "it took $((after - before)) us to leave ($1)"
}

# A host that takes the connection and says nothing.
port=$(free_port)
start python3 -c "import socket, time; s = socket.create_server(('127.0.0.1', $port)); time.sleep(100)"
wait_for 5 "the silent host" listens "$port"
real=$(port_of stage)
sed -i "s/^STAGE_PORT=.*/STAGE_PORT=$port/" "$T/ci/.env.servers"
for command in "stage-deploy --tag v1.0.0 --json" "status" "rollback --env stage --yes"; do
    # shellcheck disable=SC2086
    loomrel_start login $command --service "$SERVICE"
    pid=$STARTED
    sleep 1
    twice login
done
sed -i "s/^STAGE_PORT=.*/STAGE_PORT=$real/" "$T/ci/.env.servers"

# A shell that never answers.
cp "$T/stage/login" "$T/login"
sed -i '2i sleep 100' "$T/stage/login"
loomrel_start channel stage-deploy --service "$SERVICE" --tag v1.0.0 --json
pid=$STARTED
sleep 2
twice channel
cp "$T/login" "$T/stage/login"

# A build that does not obey, and a host that goes out of reach under it.
proxy_start stage
for how in obeys away; do
    version v1.1.$RANDOM --build 'trap "" TERM; touch "$HOME/building"; for i in $(seq 300); do sleep 0.1; done'
    tag=$(in_dev describe --tags)
    rm -f "$T/stage/home/building"
    loomrel_start $how stage-deploy --service "$SERVICE" --tag "$tag" --json
    pid=$STARTED
    wait_for 60 "it builds" test -e "$T/stage/home/building"
    [ $how = obeys ] || proxy blackhole on
    twice $how
    [ $how = away ] || wait_for 60 "the lock is free" \
        flock -n "$T/stage/home/loom/$SERVICE/.git/loomrel.lock" true
done
expect_said "loomrel attach"
