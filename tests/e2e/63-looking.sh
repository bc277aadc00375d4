#!/usr/bin/env bash
# status, logs, attach, doctor and release show tell what is there, and change nothing.
. "$(dirname "$0")/harness.sh"

lab command
loomrel --json status --env stage --service "$SERVICE"
expect_exit 0
stage_deploy v1.0.0
expect_exit 0
run=$(jq -r .run_id "$T/out")
before=$(fingerprint "$T/stage/home")
loomrel status --env stage --service "$SERVICE"
expect_exit 0
expect_said "v1.0.0" "$SERVICE"
loomrel --json status
expect_exit 0
expect_json 'tostring | contains("v1.0.0")' true
loomrel logs --env stage --service "$SERVICE" --tag v1.0.0
expect_exit 0
cmp -s "$T/out" "$T/stage/log/$SERVICE/v1.0.0.log" || fail "logs prints something else than the log"
loomrel --json logs --env stage --service "$SERVICE"
expect_exit 0
expect_json '.hosts | length' 1
jq -j '.hosts[0].text' "$T/out" | cmp -s - "$T/stage/log/$SERVICE/v1.0.0.log" || fail "the text is not the log"
# The run has ended: the hosts know of it where the ledger is away, or never heard of it.
loomrel logs --run "$run"
expect_exit 0
cp "$T/out" "$T/with-ledger"
loomrel --store postgresql://nobody@127.0.0.1:1/away logs --run "$run"
expect_exit 0
expect_said "127.0.0.1"
cmp -s "$T/out" "$T/with-ledger" || fail "without the ledger the run's log is another"
loomrel --store "sqlite://$T/empty.db" --json logs --run "$run"
expect_exit 0
expect_json '.hosts[0].run_id' "$run" '.hosts[0].text | contains("v1.0.0")' true
loomrel --store postgresql://nobody@127.0.0.1:1/away logs --run 00000000-0000-0000-0000-000000000000
expect_exit 2
loomrel --json attach "$run"
expect_exit 0
expect_json .run_id "$run" .ok true
loomrel --json release show 1
expect_exit 0
expect_json .id 1 .service_name "$SERVICE" .release_tag v1.0.0 .status manual_testing
loomrel --json release events 1
expect_exit 0
expect_json '[.events[].to] | join(" ")' "initiated building stage_deploy manual_testing"
loomrel --json release list --active
expect_exit 0
expect_json '.releases | length' 1
loomrel doctor --env stage
expect_exit 0
loomrel config check
expect_exit 0
loomrel config show
expect_exit 0
expect_said "loomrel.toml" ".env.servers"
expect_equal "the host" "$before" "$(fingerprint "$T/stage/home")"
expect_ups 1 v1.0.0
# A log that is being followed says when its link breaks; half an answer is none.
loomrel_start f logs --env stage --service "$SERVICE" --tag v1.0.0 -f
following=$STARTED
wait_for 20 "the log" grep -q 'успешно развернут' "$T/out.f"
pkill -P "$(cat "$T/stage/sshd/pid")"
loomrel_wait f "$following"
expect_exit 4
expect_said "прервалась"
