#!/usr/bin/env bash
# A deploy that somebody else stops: during its build nothing has changed, behind the switch what
# served before comes back. A rollback that finds a deploy under way stops it only when told so.
. "$(dirname "$0")/harness.sh"
SERVICE_TOML='health_attempts = 20'
lab command
sed -i '1i touch "$HOME/up-$LOOMREL_TAG"' "$T/dev/$SERVICE/up.sh"
slow='touch "$HOME/building-$LOOMREL_TAG"; while :; do sleep 0.2; done'
for v in v1.1.0 v1.2.0; do
    version $v
    stage_deploy $v
    expect_exit 0
done

# running TAG FILE: a deploy under way in the background, as far as the file; RUN is its run id.
running() {
    loomrel_start "$1" --json stage-deploy --service "$SERVICE" --tag "$1"
    pid=$STARTED
    wait_for 60 "$1 is there: $2" test -e "$T/stage/home/$2"
    RUN=$(sql "SELECT id FROM runs WHERE ended_at IS NULL")
}
# Whoever watches is told the same as whoever cancelled.
cancelled() {
    LIMIT=60 loomrel_wait "$1" "$pid"
    expect_exit 1
    expect_json .status staging_failed .failure.code cancelled '.hosts[0].serves' "$2"
    expect_row "$1" status staging_failed
    expect_sql cancelled "SELECT outcome FROM runs WHERE id = '$RUN'"
    expect_serves "$2"
    expect_in "$T/stage/log/$SERVICE/$1.log" '🛑'
    flock -n "$T/stage/home/loom/$SERVICE/.git/loomrel.lock" true || fail "the lock is held"
    expect_equal "processes of the run" "" "$(pgrep -f "$RUN/run.sh" || :)"
}

version v1.3.0 --build "$slow"
running v1.3.0 building-v1.3.0
# The log says what goes on while it does, though the build prints nothing.
wait_for 10 "the step in the log" grep -qF 'Начинаем сборку v1.3.0' "$T/stage/log/$SERVICE/v1.3.0.log"
ENVIRONMENT=(USER=bob)
LIMIT=60 loomrel --json cancel "${RUN:0:8}"
ENVIRONMENT=()
expect_exit 0
cancelled v1.3.0 v1.2.0
expect_sql "$(id -un)|cli|bob" "SELECT began_by, began_via, cancelled_by FROM runs WHERE id = '$RUN'"
expect_in "$T/stage/log/$SERVICE/v1.3.0.log" '🛑 Запуск отменён: bob'
expect_sql 1 "SELECT count(*) FROM release_events WHERE actor = 'bob' AND detail LIKE '%\"cancelled\":\"$RUN\"%'"
expect_sql 1 "SELECT count(*) FROM outbox WHERE key = 'cancelled:$RUN'"
expect_ups 0 v1.3.0
expect_row v1.3.0 rollback_to_tag v1.2.0

# Started, and being asked whether it is well.
version v1.4.0 --unhealthy
running v1.4.0 up-v1.4.0
wait_for 60 "v1.4.0 serves" serves_now v1.4.0
LIMIT=60 loomrel --json cancel "$RUN"
expect_exit 0
cancelled v1.4.0 v1.2.0
expect_row v1.4.0 rollback_to_tag v1.2.0
expect_in "$T/stage/log/$SERVICE/v1.4.0.log" 'Снова работает v1.2.0'

# Once more: it has ended, and nothing happens.
loomrel --json cancel "$RUN"
expect_exit 3
expect_json .error.code run_ended
loomrel --json cancel no-such-run
expect_exit 2
expect_json .error.code run_not_found

# A rollback names what is under way, and leaves it alone …
version v1.5.0 --build "$slow"
running v1.5.0 building-v1.5.0
loomrel --json rollback --env stage --service "$SERVICE" --yes
expect_exit 3
expect_json .error.code run_in_progress
expect_said "$RUN" '--cancel-running'
kill -0 "$pid" || fail "the deploy did not go on"

# … a plan only says that it would be stopped, and without a yes nothing is …
loomrel --json rollback --env stage --service "$SERVICE" --to v1.1.0 --yes --cancel-running --dry-run
expect_exit 0
expect_json .dry_run true .tag v1.1.0
expect_said "$RUN" 'был бы отменён'
loomrel --json rollback --env stage --service "$SERVICE" --to v1.1.0 --cancel-running
expect_exit 3
expect_json .error.code needs_yes
kill -0 "$pid" || fail "the deploy did not go on"
[ ! -e "$T/stage/state/stage/$SERVICE/runs/$RUN/cancel" ] || fail "the deploy was cancelled"

# … or stops it, and goes back from what served before it.
LIMIT=60 loomrel --json rollback --env stage --service "$SERVICE" --to v1.1.0 --yes --cancel-running
expect_exit 0
expect_json .tag v1.1.0 '.hosts[0].serves' v1.1.0
expect_serves v1.1.0
LIMIT=60 loomrel_wait v1.5.0 "$pid"
expect_exit 1
expect_json .status staging_failed .failure.code cancelled
expect_ups 0 v1.5.0
expect_serves v1.1.0

# The same when the bad version is already started: it is brought back first, then one further.
loomrel --json rollback --env stage --service "$SERVICE" --to v1.2.0 --yes
expect_exit 0
version v1.6.0 --unhealthy
running v1.6.0 up-v1.6.0
wait_for 60 "v1.6.0 serves" serves_now v1.6.0
LIMIT=60 loomrel --json rollback --env stage --service "$SERVICE" --to v1.1.0 --yes --cancel-running
expect_exit 0
expect_serves v1.1.0
LIMIT=60 loomrel_wait v1.6.0 "$pid"
expect_exit 1
expect_json .status staging_failed .failure.code cancelled '.hosts[0].restored' true
expect_sql 0 "SELECT count(*) FROM runs WHERE ended_at IS NULL"

# Without a target, what served before it is where it leads, and cancelling has brought that back.
version v1.7.0 --unhealthy
running v1.7.0 up-v1.7.0
wait_for 60 "v1.7.0 serves" serves_now v1.7.0
LIMIT=60 loomrel --json rollback --env stage --service "$SERVICE" --yes --cancel-running
expect_exit 0
expect_json .tag v1.1.0 .already true '.hosts[0].serves' v1.1.0
expect_serves v1.1.0
LIMIT=60 loomrel_wait v1.7.0 "$pid"
expect_exit 1
expect_sql 0 "SELECT count(*) FROM runs WHERE ended_at IS NULL"
