#!/usr/bin/env bash
# Several hosts, one of which goes on by itself or does not answer: nothing is taken back from the
# others, and nothing is called good or done already.
. "$(dirname "$0")/harness.sh"
lab command
many_hosts 2
configure_hosts 1 2 'canary = 2' "[services.$SERVICE.hooks]" 'after_up = "sh \"$HOME/after\""'
: >"$T/h1/home/after"
: >"$T/h2/home/after"
stage_deploy v1.0.0
expect_exit 0

# Interrupted when one is good and the other behind its switch.
echo ': >"$HOME/after-runs"; while [ ! -e "$HOME/go" ]; do sleep 0.1; done' >"$T/h1/home/after"
version v1.1.0
loomrel_start a --json stage-deploy --service "$SERVICE" --tag v1.1.0
pid=$STARTED
wait_for 60 "the hook of h1" test -e "$T/h1/home/after-runs"
wait_for 60 "the end on h2" sh -c 'grep -q " outcome=good step=keep " "$1"/*/status && [ $(ls "$1"/*/status | wc -l) = 2 ]' - "$T/h2/home/.local/state/loomrel/stage/$SERVICE/runs"
sleep 0.5
kill -INT "$pid"
loomrel_wait a "$pid"
expect_exit 130
expect_equal h2 v1.1.0 "$(version_at 2)"
: >"$T/h1/home/go"
RUN=$(sql "SELECT id FROM runs WHERE ended_at IS NULL")
wait_for 30 "the end on h1" sh -c '[ -s "$1" ]' - "$T/h1/home/.local/state/loomrel/stage/$SERVICE/runs/$RUN/status"
loomrel --json reconcile
expect_row v1.1.0 status manual_testing
expect_equal h1 v1.1.0 "$(version_at 1)"
expect_equal h2 v1.1.0 "$(version_at 2)"
: >"$T/h1/home/after"

# A host that is away: the rollback is not "there already" for it.
stop_sshd h2
loomrel --json rollback --env stage --service "$SERVICE" --to v1.0.0 --yes
expect_exit 1
expect_equal h1 v1.0.0 "$(version_at 1)"
loomrel --json rollback --env stage --service "$SERVICE" --to v1.0.0 --yes
expect_exit 1
start_sshd h2
loomrel --json rollback --env stage --service "$SERVICE" --to v1.0.0 --yes
expect_exit 0
expect_equal h2 v1.0.0 "$(version_at 2)"

# What was good on one host and was put back because of the other is not good for whoever asks later.
echo 'exit 1' >"$T/h1/home/after"
version v1.2.0
stage_deploy v1.2.0
expect_exit 1
RUN=$(jq -r .run_id "$T/out")
expect_equal h2 v1.0.0 "$(version_at 2)"
loomrel --json attach "$RUN"
expect_exit 1
expect_json '.hosts[1].ok' false '.hosts[1].serves' v1.0.0

# Whose starter is gone: the hosts that are still to come get what was asked of the first.
configure_hosts 1 2 "[services.$SERVICE.hooks]" 'after_up = "sh \"$HOME/after\""'
echo ': >"$HOME/older"; while [ ! -e "$HOME/go-older" ]; do sleep 0.1; done' >"$T/h1/home/after"
version v0.9.0
loomrel_start o --json stage-deploy --service "$SERVICE" --tag v0.9.0 --older --rehearse-rollback
pid=$STARTED
wait_for 60 "the hook of h1" test -e "$T/h1/home/older"
kill -9 "$pid"
RUN=$(sql "SELECT id FROM runs WHERE ended_at IS NULL")
: >"$T/h1/home/go-older"
loomrel --json attach "$RUN"
expect_exit 0
expect_json '.hosts[1].serves' v0.9.0 '.hosts[1].steps[-1].name' rehearse
loomrel logs --run "$RUN"
expect_exit 0
expect_order "$T/err" "127.0.0.1:$(port_of h1):" "127.0.0.1:$(port_of h2):"
expect_equal h2 v0.9.0 "$(version_at 2)"
loomrel --json rollback --env stage --service "$SERVICE" --to v1.0.0 --yes
expect_exit 0

# A host out of reach hides nothing of the other, whose log is its own.
: >"$T/h1/home/after"
configure_hosts 1 2 'canary = 2' "[services.$SERVICE.hooks]" 'after_up = "sh \"$HOME/after\""'
echo 'exit 3' >"$T/h2/home/after"
version v1.2.1
stop_sshd h1
stage_deploy v1.2.1
expect_exit 1
start_sshd h1
expect_in "$T/err" "127.0.0.1:$(port_of h1) недоступен" "127.0.0.1:$(port_of h2): ❌ Хук завершился с ошибкой" \
    "127.0.0.1:$(port_of h2) $T/log/$SERVICE/v1.2.1.log"
: >"$T/h2/home/after"

# One machine under two names: the run belongs to the first, and is not begun there twice.
: >"$T/h1/home/after"
port=$(port_of h1)
sed 's/127\.0\.0\.1/localhost/' "$T/ci/loomrel.known_hosts" >"$T/localhost"
cat "$T/localhost" >>"$T/ci/loomrel.known_hosts"
sed -i "s|^hosts = .*|hosts = [\"127.0.0.1:$port\", \"localhost:$port\"]|" "$T/ci/loomrel.toml"
version v1.3.0
stage_deploy v1.3.0
expect_exit 1
expect_json '.hosts[1].ok' false
expect_said "localhost:$port" 'та же машина' "127.0.0.1:$port"
expect_equal h1 v1.0.0 "$(version_at 1)"

# The same where nobody watched it to its end.
echo ': >"$HOME/after-runs"; while [ ! -e "$HOME/go" ]; do sleep 0.1; done' >"$T/h1/home/after"
rm -f "$T/h1/home/after-runs" "$T/h1/home/go"
version v1.4.0
loomrel_start b --json stage-deploy --service "$SERVICE" --tag v1.4.0
pid=$STARTED
wait_for 60 "the hook of h1" test -e "$T/h1/home/after-runs"
kill -9 "$pid"
RUN=$(sql "SELECT id FROM runs WHERE ended_at IS NULL")
: >"$T/h1/home/go"
wait_for 30 "the end on h1" sh -c '[ -s "$1" ]' - "$T/h1/home/.local/state/loomrel/stage/$SERVICE/runs/$RUN/status"
loomrel --json attach "$RUN"
expect_exit 1
expect_said 'та же машина'
expect_row v1.4.0 status staging_failed
expect_sql 0 "SELECT count(*) FROM runs WHERE ended_at IS NULL"
