#!/usr/bin/env bash
# What a rollback does not do: build what production never had, take a mistyped name for a version,
# run twice at once. A release that serves stays what it is.
. "$(dirname "$0")/harness.sh"
SERVICE_TOML='hooks.before_rollback = "while [ -e \"$HOME/wait\" ]; do sleep 0.1; done"
[telegram]
approvers = [11]'
lab command
add_prod
for tag in v1.0.0 v1.1.0; do
    version $tag 2>/dev/null || :
    stage_deploy $tag
    expect_exit 0
    id=$(jq .release_id "$T/out")
    loomrel release approve "$id" --as 11
    expect_exit 0
    loomrel --json prod-deploy --service "$SERVICE" --tag $tag --release-id "$id"
    expect_exit 0
done
version v2.0.0
stage_deploy v2.0.0
expect_exit 0
loomrel release reject "$(jq .release_id "$T/out")" --as 11 --reason bad
expect_exit 0
# The clone has it, as it would after the next deploy.
git -C "$T/prod/home/loom/$SERVICE" fetch -q --tags origin

for dry in "" --dry-run; do
    loomrel --json rollback --service "$SERVICE" --to v2.0.0 --yes $dry
    expect_exit 3
    expect_json .error.code never_served
    loomrel --json rollback --service "$SERVICE" --to v1.0.1 --yes $dry
    expect_exit 3
    expect_json .error.code not_kept
    expect_said '--to v1.0.0'
done
expect_serves v1.1.0 prod
expect_row v1.1.0 status deployed
expect_row v2.0.0 status manual_test_failed
expect_sql 0 "SELECT count(*) FROM runs WHERE kind = 'rollback'"

# Both have looked before either began.
: >"$T/prod/home/wait"
for n in one two; do
    loomrel_start $n --json rollback --service "$SERVICE" --yes
    eval "$n=$STARTED"
done
under_way() {
    [ "$(sql "SELECT count(*) FROM runs WHERE kind = 'rollback'")" = 1 ]
}
wait_for 20 "a rollback is under way" under_way
sleep 1
rm "$T/prod/home/wait"
codes=''
for n in one two; do
    loomrel_wait $n "${!n}"
    codes="$codes$CODE"
done
case $codes in 03 | 30) ;; *) fail "exit codes of two at once: $codes" ;; esac
expect_serves v1.0.0 prod
expect_row v1.1.0 status rollback_done rollback_to_tag v1.0.0
expect_equal "moves" "deployed rollback rollback_done" "$(sql "SELECT to_status FROM release_events
    WHERE release_id = (SELECT id FROM releases WHERE release_tag = 'v1.1.0') ORDER BY id" | tail -n 3 | paste -sd ' ')"
