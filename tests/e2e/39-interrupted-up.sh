#!/usr/bin/env bash
# compose is killed in the middle of its "up": with the whole run, with the guardian, with the worker.
# Nothing is green that is not, and whoever is left, or comes next, cleans up.
. "$(dirname "$0")/harness.sh"
SERVICE_TOML='health_attempts = 2'
lab compose
# An old container that takes its time to stop: "up" has made the new one under a borrowed name by then.
sed -i "s/^trap .*/trap 'sleep 2; exit 0' TERM/" "$T/dev/$SERVICE/serve"
version v1.1.0
stage_deploy v1.1.0
expect_exit 0

containers_of_service() {
    docker ps -a --filter "label=com.docker.compose.project=$PROJECT" --format '{{.Names}} {{.State}}'
}
in_the_middle() {
    containers_of_service | grep -qE '^[0-9a-f]{12}_| created$'
}
# pids WHICH: of the run that goes on, by its session: the guardian leads it, the worker is its child.
pids() {
    local guardian
    guardian=$(pgrep -f "^/bin/sh $T/stage/state/stage/$SERVICE/runs/$RUN/run.sh run" | while read -r p; do
        [ "$(ps -o sid= -p "$p" | tr -d ' ')" != "$p" ] || echo "$p"
    done)
    [ -n "$guardian" ] || fail "no guardian of $RUN"
    case $1 in
    guardian) echo "$guardian" ;;
    worker) pgrep -P "$guardian" -f "$RUN/run.sh run" ;;
    session) ps -o pid= -s "$guardian" ;;
    esac
}
# deploy_and_kill TAG WHICH
deploy_and_kill() {
    version "$1"
    loomrel_start "$1" --json stage-deploy --service "$SERVICE" --tag "$1"
    pid=$STARTED
    wait_for 120 "compose is in the middle of its up" in_the_middle
    RUN=$(sql "SELECT id FROM runs WHERE ended_at IS NULL")
    # What the session runs for a moment only may be gone by now.
    # shellcheck disable=SC2046 # process ids are words
    kill -9 $(pids "$2") 2>/dev/null || [ "$2" = session ]
    LIMIT=120 loomrel_wait "$1" "$pid"
}

# All of it: nobody is left to bring anything back. The run has failed, whatever serves.
deploy_and_kill v1.2.0 session
expect_json .ok false .status staging_failed .failure.code died .failure.step up
expect_row v1.2.0 status staging_failed
in_the_middle || fail "nothing was left to clean up: the test shows nothing"

# The next deploy takes the remains away before its own up.
version v1.3.0
stage_deploy v1.3.0
expect_exit 0
expect_serves v1.3.0
expect_in "$T/stage/log/$SERVICE/v1.3.0.log" 'Убраны остатки прерванного запуска'
expect_equal "containers" "$PROJECT-$SERVICE-1 running" "$(containers_of_service)"

# The worker only: the guardian brings back what served before.
deploy_and_kill v1.4.0 worker
expect_exit 1
expect_json .status staging_failed '.hosts[0].restored' true '.hosts[0].serves' v1.3.0
expect_serves v1.3.0
expect_row v1.4.0 status staging_failed rollback_to_tag v1.3.0
expect_equal "containers" "$PROJECT-$SERVICE-1 running" "$(containers_of_service)"

# The guardian only: the worker goes on, and writes the end itself.
deploy_and_kill v1.5.0 guardian
expect_exit 0
expect_json .ok true .status manual_testing
expect_serves v1.5.0
expect_in "$T/stage/log/$SERVICE/v1.5.0.log" 'Тег v1.5.0 успешно развернут'
expect_equal "containers" "$PROJECT-$SERVICE-1 running" "$(containers_of_service)"

# Nothing holds the service any more.
flock -n "$T/stage/home/loom/$SERVICE/.git/loomrel.lock" true || fail "the lock is held"
loomrel --json rollback --env stage --service "$SERVICE" --yes
expect_exit 0
expect_serves v1.3.0
