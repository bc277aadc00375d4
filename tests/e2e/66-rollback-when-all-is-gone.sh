#!/usr/bin/env bash
# Three in the morning: no git remote, no ledger, no configuration, images pruned, a Dockerfile whose
# build takes a minute. The old version is back in seconds, and the ledger learns of it later.
. "$(dirname "$0")/harness.sh"
require root docker postgres
use_postgres
STATE_TOML='' SERVICE_TOML='health_attempts = 2'
lab compose
own_var_lib stage

version v1.1.0
stage_deploy v1.1.0
expect_exit 0
old=$(image_that_serves "$PROJECT")
version v1.2.0 --build '[ "$(cat /version)" != again ] || sleep 60'
stage_deploy v1.2.0
expect_exit 0
expect_serves v1.2.0
[ "$(image_that_serves "$PROJECT")" != "$old" ] || fail "both versions are one image"

docker image prune -a -f >/dev/null
mv "$T/origin/$SERVICE.git" "$T/origin/away"
stop_ledger
mkdir "$T/laptop"
unset LOOMREL_CONFIG
cp "$T/ci/loomrel.known_hosts" "$T/laptop/"
cd "$T/laptop"
began=$(date +%s)
CODE=0
LOOMREL_STORE=$STORE_URL "$LOOMREL" --json rollback --env stage --host "$(id -un)@127.0.0.1:$(port_of stage)" \
    --identity "$T/me/key" --yes </dev/null >"$T/out" 2>"$T/err" || CODE=$?
took=$(($(date +%s) - began))
expect_exit 6
expect_json .tag v1.1.0 .service "$SERVICE" '.hosts[0].serves' v1.1.0
expect_serves v1.1.0
expect_equal "the image that serves" "$old" "$(image_that_serves "$PROJECT")"
[ $took -le 55 ] || fail "the rollback took $took s"

# The next command to type works without a configuration too; so does the plan.
laptop() {
    CODE=0
    LOOMREL_STORE=$STORE_URL "$LOOMREL" --json rollback --host "$(id -un)@127.0.0.1:$(port_of stage)" \
        --identity "$T/me/key" "$@" </dev/null >"$T/out" 2>"$T/err" || CODE=$?
}
laptop --env stage --yes
expect_exit 3
expect_json .error.code second_step
# The only other version is the one that was just left: the hint says so.
expect_in "$T/out" "--host $(id -un)@127.0.0.1:$(port_of stage) --identity $T/me/key --to v1.2.0" "откатились"
laptop --yes
expect_exit 3
expect_json .error.code nothing_kept
expect_in "$T/out" "stage/$SERVICE"
laptop --env stage --to v1.2.0 --dry-run
expect_exit 0
expect_json .log "rollback/$SERVICE/v1.2.0-rollback.log" '.script | contains("COMPOSE_FILE")' false

# The ledger is back, and is told.
start_postgres
LOOMREL_STORE=$STORE_URL "$LOOMREL" --json reconcile >"$T/out" 2>"$T/err" || fail "reconcile: $(cat "$T/err")"
expect_json .spool 1
expect_sql 'rollback|good' "SELECT kind, outcome FROM runs WHERE kind = 'rollback'"
