#!/usr/bin/env bash
# A command that does not obey when its run is stopped is killed before anything is brought back: it
# must not go on under what serves again.
. "$(dirname "$0")/harness.sh"
SERVICE_TOML='hooks.before_up = "sh \"$HOME/hook\""'
lab command
: >"$T/stage/home/hook"
stage_deploy v1.0.0
expect_exit 0

# A hook, before the switch.
cat >"$T/stage/home/hook" <<'END'
trap '' TERM
: >"$HOME/hooking"
for i in 1 2 3 4 5 6 7 8 9 10; do sleep 1; done
: >"$HOME/hooked"
END
version v1.1.0
loomrel_start a --json stage-deploy --service "$SERVICE" --tag v1.1.0
pid=$STARTED
wait_for 60 "the hook" test -e "$T/stage/home/hooking"
RUN=$(sql "SELECT id FROM runs WHERE ended_at IS NULL")
loomrel --json cancel "$RUN"
expect_exit 0
expect_json .ok true .exit 0 '.hosts[0].serves' v1.0.0
expect_said "🛑 Запуск $RUN отменён"
! pgrep -f "$T/stage/home/hook" >/dev/null || fail "the hook goes on after its run has ended"
[ ! -e "$T/stage/home/hooked" ] || fail "the hook came to its end"
loomrel_wait a "$pid"
: >"$T/stage/home/hook"

# The command that switches.
sed -i '1i if [ "$LOOMREL_TAG" = v1.2.0 ]; then trap "" TERM; : >"$HOME/upping"; for i in $(seq 60); do sleep 0.5; done; fi' \
    "$T/dev/$SERVICE/up.sh"
version v1.2.0
loomrel_start a --json stage-deploy --service "$SERVICE" --tag v1.2.0
pid=$STARTED
wait_for 60 "the switch" test -e "$T/stage/home/upping"
RUN=$(sql "SELECT id FROM runs WHERE ended_at IS NULL")
loomrel --json cancel "$RUN"
expect_exit 0
expect_json '.hosts[0].restored' true '.hosts[0].serves' v1.0.0
loomrel_wait a "$pid"
sleep 4
expect_serves v1.0.0

# What cannot be put back is no good end of "cancel".
version v1.3.0 --unhealthy
sed -i 's/^hooks.before_up.*/health_attempts = 60/' "$T/ci/loomrel.toml"
loomrel_start a --json stage-deploy --service "$SERVICE" --tag v1.3.0
pid=$STARTED
wait_for 60 "v1.3.0" serves_now v1.3.0
echo 'exit 9' >"$T/stage/state/stage/$SERVICE/trees/$(commit_of v1.0.0)/up.sh"
loomrel --json cancel "$(sql "SELECT id FROM runs WHERE ended_at IS NULL")"
expect_exit 1
expect_json .exit 1 .ok false '.hosts[0].restored' false
loomrel_wait a "$pid"
