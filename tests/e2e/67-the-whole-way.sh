#!/usr/bin/env bash
# Tag -> stage -> approve -> production -> rollback -> deployed again, and what is refused on the way.
. "$(dirname "$0")/harness.sh"
SERVICE_TOML='health_attempts = 1
[telegram]
approvers = [11]
approval_expires = "10m"'
lab command
add_prod

prod_deploy() {
    loomrel --json prod-deploy --service "$SERVICE" --tag "$1" --release-id "$2" "${@:3}"
}
approved_on_stage() {
    version "$@"
    stage_deploy "$1"
    expect_exit 0
    ID_OF=$(sql "SELECT max(id) FROM releases")
    loomrel --json release approve "$ID_OF" --as 11
    expect_exit 0
    expect_json .status manual_test_passed
}

version v1.1.0
stage_deploy v1.1.0
prod_deploy v1.1.0 1
expect_exit 3
expect_json .error.code not_approved
expect_serves '' prod
expect_equal "logins on prod" 0 "$(logins_of prod)"

loomrel --json release approve 1 --as 11
expect_exit 0
prod_deploy v1.0.0 1
expect_exit 2
prod_deploy v1.1.0 1
expect_exit 0
expect_json .ok true .status deployed .environment prod .commit "$(commit_of v1.1.0)"
expect_serves v1.1.0 prod
expect_moves v1.1.0 "initiated building stage_deploy manual_testing manual_test_passed deploying deployed"
expect_log_form "$T/prod/log/production/$SERVICE/v1.1.0-prod.log"
expect_sql 1 "SELECT count(*) FROM runs WHERE environment = 'prod'"

# Again: reported, nothing is started.
prod_deploy v1.1.0 1
expect_exit 0
expect_sql 1 "SELECT count(*) FROM runs WHERE environment = 'prod'"

approved_on_stage v1.2.0
prod_deploy v1.2.0 "$ID_OF"
expect_exit 0
expect_serves v1.2.0 prod

loomrel --json rollback --service "$SERVICE" --yes
expect_exit 0
expect_json .tag v1.1.0 .status rollback_done '.hosts[0].serves' v1.1.0
expect_serves v1.1.0 prod
expect_row v1.2.0 status rollback_done rollback_to_tag v1.1.0
expect_moves v1.2.0 "initiated building stage_deploy manual_testing manual_test_passed deploying deployed rollback rollback_done"
expect_row v1.1.0 status deployed

# Forward again by name: the release that was rolled back is deployed once more.
loomrel --json rollback --service "$SERVICE" --to v1.2.0 --yes
expect_exit 0
expect_serves v1.2.0 prod
expect_row v1.2.0 status deployed rollback_to_tag ""
expect_row v1.1.0 status rollback_done

# What is bad on production comes back by itself; the same approved commit may be tried again.
approved_on_stage v1.3.0 --build 'case $HOME in */prod/home) rm -f "$LOOMREL_TREE/www/health" ;; esac'
prod_deploy v1.3.0 "$ID_OF"
expect_exit 1
expect_json .status production_failed '.hosts[0].serves' v1.2.0 '.hosts[0].restored' true
expect_serves v1.2.0 prod
expect_row v1.3.0 rollback_to_tag v1.2.0
prod_deploy v1.3.0 "$ID_OF"
expect_exit 1
expect_sql 2 "SELECT count(*) FROM release_events WHERE release_id = $ID_OF AND to_status = 'deploying'"

# A tag that was moved after its approval: the approved commit, or nothing.
approved_on_stage v1.4.0
in_dev commit -q --allow-empty -m moved
in_dev tag -f -a -m moved v1.4.0 >/dev/null 2>&1
in_dev push -q -f origin v1.4.0
prod_deploy v1.4.0 "$ID_OF"
expect_exit 3
expect_json .failure.code tag_moved .status production_failed
expect_said "loomrel stage-deploy --service $SERVICE --tag v1.4.0 --commit $(commit_of v1.4.0)"
expect_serves v1.2.0 prod

# An approval that has expired is asked for anew.
approved_on_stage v1.5.0
sed -i 's/^approval_expires.*/approval_expires = "1s"/' "$T/ci/loomrel.toml"
sleep 1.2
loomrel --json prod-deploy --service "$SERVICE" --tag v1.5.0 --release-id "$ID_OF" --dry-run
expect_exit 3
expect_json .error.code approval_expired
expect_row v1.5.0 status manual_test_passed
prod_deploy v1.5.0 "$ID_OF"
expect_exit 3
expect_json .error.code approval_expired
expect_row v1.5.0 status manual_testing
sed -i 's/^approval_expires.*/approval_expires = "10m"/' "$T/ci/loomrel.toml"
loomrel --json release approve "$ID_OF" --as 11
expect_exit 0
prod_deploy v1.5.0 "$ID_OF"
expect_exit 0
expect_serves v1.5.0 prod

# Two at once: one production deploy.
approved_on_stage v1.6.0 --build 'sleep 1'
loomrel_start one --json prod-deploy --service "$SERVICE" --tag v1.6.0 --release-id "$ID_OF"
one=$STARTED
loomrel_start two --json prod-deploy --service "$SERVICE" --tag v1.6.0 --release-id "$ID_OF"
two=$STARTED
loomrel_wait one "$one"
first=$CODE
loomrel_wait two "$two"
[ "$first$CODE" = 00 ] || [ "$first$CODE" = 03 ] || [ "$first$CODE" = 30 ] || {
    cat "$T"/out.{one,two} "$T"/err.{one,two}
    fail "codes $first and $CODE"
}
expect_serves v1.6.0 prod
expect_sql 1 "SELECT count(*) FROM runs WHERE environment = 'prod' AND release_id = $ID_OF"
expect_equal "starts of v1.6.0 on prod" 1 "$(grep -cx v1.6.0 "$T/prod/home/ups")"

# An older one does not go over a newer one.
in_dev tag -a -m v1.5.1 v1.5.1 "v1.5.0^{commit}"
in_dev push -q origin v1.5.1
stage_deploy v1.5.1 --older
expect_exit 0
old=$(jq .release_id "$T/out")
loomrel --json release approve "$old" --as 11
expect_exit 0
prod_deploy v1.5.1 "$old"
expect_exit 3
expect_json .error.code superseded
# Over it all the same: only a person at a terminal says so.
prod_deploy v1.5.1 "$old" --older
expect_exit 3
expect_json .error.code needs_terminal
