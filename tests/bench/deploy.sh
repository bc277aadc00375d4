#!/usr/bin/env bash
# stage-deploy, everything on (Postgres, log, lock, capsule, notice at a Telegram that answers), in
# turn with one bare `ssh host bash -s` that does the same fetch, checkout, build, up and health. Each
# has a service of its own: what the one put there is nothing for the other to keep.
. "$(dirname "$0")/common.sh"

use_postgres
start_fake telegram
SERVICE_TOML="
[telegram]
chat_id = $CHAT
approvers = [$ANYA]
api_url = \"$FAKE_TELEGRAM\""
lab compose
add_prod
ENVIRONMENT=(LOOM_RELEASE_TG_BOT_TOKEN=123456:test-token)

bare() {
    ssh -F /dev/null -p "$1" -i "$T/me/key" -o BatchMode=yes "${SSH_OPTIONS[@]}" \
        -o UserKnownHostsFile="$T/ci/loomrel.known_hosts" -o HostKeyAlias=prod \
        "$(id -un)@127.0.0.1" bash -s <<END
set -e
cd ~/loom/$SERVICE
git fetch -q --tags --force origin
git checkout -q --detach "refs/tags/$2^{commit}"
cd ../loom-system
compose() { docker compose -f docker-compose/app.yaml --env-file env/.env.app "\$@"; }
compose build $SERVICE
compose up -d --no-build --no-deps $SERVICE
until curl -fsS http://127.0.0.1:$PROD_PORT/health; do sleep 0.05; done
END
}

ours() {
    (cd "$T/ci" && exec env "${ENVIRONMENT[@]}" "$LOOMREL" --json stage-deploy --service "$SERVICE" --tag "$1")
}

# What is given up is taken away when the command has ended: not at the other one's cost.
idle() {
    flock -n "$T/stage/home/loom/$SERVICE/.git/loomrel.lock" true
}

# in_turn WHAT BUDGET SSH-PORT
# Never built before: the one would take its layers from the builder's cache, the other not.
number=$((RANDOM * 100))
in_turn() {
    local round
    : >"$T/bare"
    : >"$T/ours"
    for round in $(seq $((ROUNDS + 1))); do
        number=$((number + 1))
        version "v1.$number.0"
        t=$(time_of bare "$3" "v1.$number.0")
        [ "$round" = 1 ] || echo "$t" >>"$T/bare"
        expect_serves "v1.$number.0" prod
        number=$((number + 1))
        version "v1.$number.0"
        t=$(time_of ours "v1.$number.0")
        [ "$round" = 1 ] || echo "$t" >>"$T/ours"
        expect_serves "v1.$number.0"
        wait_for 20 "an idle host" idle
    done
    b=$(median <"$T/bare") o=$(median <"$T/ours")
    echo "$1: bare $b ms, loomrel $o ms"
    budget "$1: stage-deploy : bare ssh" "$(ratio "$o" "$b")" "$2"
}

printf 'prod %s\n' "$(cat "$T/prod/sshd/host_key.pub")" >>"$T/ci/loomrel.known_hosts"
SSH_OPTIONS=()
in_turn "default key exchanges" 0.90 "$(port_of prod)"

# slow_link HOST: into SLOW the port of a link to it with 50 ms a round trip.
slow_link() {
    start python3 "$SOURCE/tests/support/fault_proxy.py" --to "127.0.0.1:$(port_of "$1")" --latency 50 \
        >"$T/proxy.$1"
    wait_for 20 "the slow link" grep -q '^listen' "$T/proxy.$1"
    SLOW=$(awk '/^listen/ { print $2 }' "$T/proxy.$1")
}
slow_link stage
printf '[127.0.0.1]:%s %s\n' "$SLOW" "$(cat "$T/stage/sshd/host_key.pub")" >>"$T/ci/loomrel.known_hosts"
sed -i "s/^STAGE_PORT=.*/STAGE_PORT=$SLOW/" "$T/ci/.env.servers"
slow_link prod
in_turn "50 ms round trip" 0.90 "$SLOW"
sed -i "s/^STAGE_PORT=.*/STAGE_PORT=$(port_of stage)/" "$T/ci/.env.servers"

for host in stage prod; do
    stop_sshd $host
    start_sshd $host "KexAlgorithms curve25519-sha256" "Ciphers aes128-gcm@openssh.com"
done
in_turn "curve25519-sha256 and one cipher" 1.00 "$(port_of prod)"

expect_equal "logins and commands of one deploy" "1 1" "$(
    before="$(logins_of stage) $(commands_of stage)"
    number=$((number + 1))
    version "v1.$number.0"
    ours "v1.$number.0" >/dev/null 2>&1
    echo "$(($(logins_of stage) - ${before% *})) $(($(commands_of stage) - ${before#* }))"
)"
exit $OVER
