#!/usr/bin/env bash
# stage-deploy, everything on (Postgres, log, lock, capsule, notice at a Telegram that answers), in
# turn with one bare `ssh host bash -s` that does the same fetch, checkout, build, up and health.
. "$(dirname "$0")/common.sh"

use_postgres
start_fake telegram
SERVICE_TOML="
[telegram]
chat_id = $CHAT
approvers = [$ANYA]
api_url = \"$FAKE_TELEGRAM\""
lab compose
ENVIRONMENT=(LOOM_RELEASE_TG_BOT_TOKEN=123456:test-token)

bare() {
    ssh -F /dev/null -p "$1" -i "$T/me/key" -o BatchMode=yes "${SSH_OPTIONS[@]}" \
        -o UserKnownHostsFile="$T/ci/loomrel.known_hosts" -o HostKeyAlias=stage \
        "$(id -un)@127.0.0.1" bash -s <<END
set -e
cd ~/loom/$SERVICE
git fetch -q --tags --force origin
git checkout -q --detach "refs/tags/$2^{commit}"
cd ../loom-system
compose() { docker compose -f docker-compose/app.yaml --env-file env/.env.app "\$@"; }
compose build $SERVICE
compose up -d --no-build --no-deps $SERVICE
until curl -fsS http://127.0.0.1:$SERVICE_PORT/health; do sleep 0.05; done
END
}

ours() {
    (cd "$T/ci" && exec env "${ENVIRONMENT[@]}" "$LOOMREL" --json stage-deploy --service "$SERVICE" --tag "$1")
}

# in_turn WHAT BUDGET SSH-PORT
number=1
in_turn() {
    local round
    : >"$T/bare"
    : >"$T/ours"
    for round in $(seq $((ROUNDS + 1))); do
        number=$((number + 1))
        version "v1.$number.0"
        t=$(time_of bare "$3" "v1.$number.0")
        [ "$round" = 1 ] || echo "$t" >>"$T/bare"
        expect_serves "v1.$number.0"
        number=$((number + 1))
        version "v1.$number.0"
        t=$(time_of ours "v1.$number.0")
        [ "$round" = 1 ] || echo "$t" >>"$T/ours"
        expect_serves "v1.$number.0"
    done
    b=$(median <"$T/bare") o=$(median <"$T/ours")
    echo "$1: bare $b ms, loomrel $o ms"
    budget "$1: stage-deploy : bare ssh" "$(ratio "$o" "$b")" "$2"
}

printf 'stage %s\n' "$(cat "$T/stage/sshd/host_key.pub")" >>"$T/ci/loomrel.known_hosts"
SSH_OPTIONS=()
in_turn "default key exchanges" 0.90 "$(port_of stage)"

python3 "$SOURCE/tests/support/fault_proxy.py" --to "127.0.0.1:$(port_of stage)" --latency 50 >"$T/proxy" &
wait_for 20 "the slow link" grep -q '^listen' "$T/proxy"
slow=$(awk '/^listen/ { print $2 }' "$T/proxy")
printf '[127.0.0.1]:%s %s\n' "$slow" "$(cat "$T/stage/sshd/host_key.pub")" >>"$T/ci/loomrel.known_hosts"
sed -i "s/^STAGE_PORT=.*/STAGE_PORT=$slow/" "$T/ci/.env.servers"
in_turn "50 ms round trip" 0.90 "$slow"
sed -i "s/^STAGE_PORT=.*/STAGE_PORT=$(port_of stage)/" "$T/ci/.env.servers"

stop_sshd stage
start_sshd stage "KexAlgorithms curve25519-sha256" "Ciphers aes128-gcm@openssh.com"
in_turn "curve25519-sha256 and one cipher" 1.00 "$(port_of stage)"

expect_equal "logins and commands of one deploy" "1 1" "$(
    before="$(logins_of stage) $(commands_of stage)"
    number=$((number + 1))
    version "v1.$number.0"
    ours "v1.$number.0" >/dev/null 2>&1
    echo "$(($(logins_of stage) - ${before% *})) $(($(commands_of stage) - ${before#* }))"
)"
exit $OVER
