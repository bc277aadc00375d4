#!/usr/bin/env bash
# The claim of a production deploy counts the approvals itself, by the rules of now; a status is
# only a word (design 13.2).
. "$(dirname "$0")/production.sh"

RULES='quorum = 2'
lab_rules() {
    sed -i "s/^approvers = .*/approvers = [$1]/; s/^quorum = .*/quorum = $2/" "$CONFIG"
}
both_approve() {
    staged "$@"
    local who
    for who in $ANYA $BORIS; do
        loomrel --json release approve "$RELEASE" --as "$who"
        expect_exit 0
    done
    expect_json .status manual_test_passed
}
approved() {
    both_approve "$@"
}
production_lab
checkpoint

attack "an approver is taken off the list after his yes"
both_approve v1.1.0
lab_rules "$ANYA, 33333" 2
mark
prod_deploy v1.1.0
refused

attack "the quorum is raised after the yes"
both_approve v1.1.0
lab_rules "$ANYA, $BORIS, 33333" 3
mark
prod_deploy v1.1.0
refused

attack "the approver who is left out is missed when a failed deploy is tried again"
touch "$T/prod/home/bad"
both_approve v1.1.0 --build '! [ -e "$HOME/bad" ] || rm "$LOOMREL_TREE/www/health"'
prod_deploy v1.1.0
expect_exit 1
rm "$T/prod/home/bad"
lab_rules "$ANYA, 33333" 2
mark
prod_deploy v1.1.0
refused

attack "a status without a single approval"
staged v1.1.0
sql "UPDATE releases SET status = 'manual_test_passed' WHERE id = $RELEASE"
sql "INSERT INTO release_events (release_id, at, from_status, to_status, actor, source, change_id, step)
    SELECT release_id, at, 'manual_testing', 'manual_test_passed', actor, source, 'x', 0
    FROM release_events WHERE release_id = $RELEASE ORDER BY id DESC LIMIT 1"
mark
prod_deploy v1.1.0
refused

attack "a yes that is older than the last rejection"
staged v1.1.0
first=$RELEASE
loomrel --json release approve "$RELEASE" --as $ANYA
expect_exit 0
loomrel --json release reject "$RELEASE" --as $BORIS
expect_exit 0
stage_deploy v1.1.0 --again
[ "$CODE" = 0 ] || stage_deploy v1.1.0
expect_exit 0
RELEASE=$(jq .release_id "$T/out")
loomrel --json release approve "$RELEASE" --as $BORIS
mark
never_status manual_test_passed "$first"
never_status manual_test_passed "$RELEASE"
prod_deploy v1.1.0
refused
prod_deploy v1.1.0 "$first"
[ "$CODE" = 3 ] || wrong "exit $CODE, not 3"
unchanged

attack "a yes that is older than the last deploy to stage"
both_approve v1.1.0
first=$RELEASE
staged v1.1.1
stage_deploy v1.1.0 --older
expect_exit 0
RELEASE=$(jq .release_id "$T/out")
mark
prod_deploy v1.1.0 "$first"
refused
if [ "$RELEASE" != "$first" ]; then
    prod_deploy v1.1.0
    [ "$CODE" = 3 ] || wrong "exit $CODE, not 3"
    unchanged
fi

attack "one of two approvals is older than the last deploy to stage"
staged v1.1.0
first=$RELEASE
loomrel --json release approve "$first" --as $ANYA
expect_exit 0
staged v1.1.1
stage_deploy v1.1.0 --older
expect_exit 0
loomrel --json release approve "$first" --as $BORIS
never_status manual_test_passed "$first"
mark
prod_deploy v1.1.0 "$first"
[ "$CODE" = 3 ] || wrong "exit $CODE, not 3"
unchanged

attack "a release without a commit is approved by the quorum"
staged v1.1.0
loomrel --json release create --service "$SERVICE" --tag v1.1.0 --run-id 77
expect_exit 0
RELEASE=$(jq .release_id "$T/out")
for status in building stage_deploy manual_testing; do
    loomrel --json release patch "$RELEASE" --status $status
done
for who in $ANYA $BORIS; do
    loomrel --json release approve "$RELEASE" --as "$who"
    [ "$CODE" = 3 ] || wrong "exit $CODE, not 3, for $who"
done
never_status manual_test_passed "$RELEASE"

attack "release patch gives an approval, or claims by words"
staged v1.1.0
for status in manual_test_passed manual_test_failed deploying deployed; do
    loomrel --json release patch "$RELEASE" --status $status
    [ "$CODE" = 3 ] || wrong "exit $CODE, not 3, for $status"
done
is manual_testing "$RELEASE"
unchanged

attack "a claim and an end by words make a version one that served"
both_approve v1.1.1
loomrel --json release patch "$RELEASE" --status deploying
loomrel --json release patch "$RELEASE" --status deployed
[ "$CODE" = 3 ] || wrong "exit $CODE, not 3, for the end by words"
is deploying "$RELEASE"
# The host comes to know the tag by the next deploy's fetch.
both_approve v1.1.2
prod_deploy v1.1.2
[ "$CODE" = 0 ] || wrong "exit $CODE, not 0"
mark
try --json rollback --env prod --service "$SERVICE" --to v1.1.1 --yes
refused
holds "another refusal" jq -e '.error.code == "never_served"' "$T/out"

attack "a deploy typed again says that it went well, although another version was put back by hand"
both_approve v1.1.0
prod_deploy v1.1.0
[ "$CODE" = 0 ] || wrong "exit $CODE, not 0"
on_host prod sh "$T/prod/state/prod/$SERVICE/restore" v1.0.0 >/dev/null 2>&1
wait_for 10 "v1.0.0 serves again" serves_now v1.0.0 prod
mark
prod_deploy v1.1.0 "$RELEASE" --dry-run
[ "$CODE" = 3 ] || wrong "the plan of it: exit $CODE, not 3"
prod_deploy v1.1.0
[ "$CODE" = 3 ] || wrong "exit $CODE, not 3"
unchanged
loomrel --json rollback --service "$SERVICE" --to v1.1.0 --yes
prod_deploy v1.1.0
[ "$CODE" = 0 ] || wrong "back again: exit $CODE, not 0"

promise "what both approved is deployed"
both_approve v1.1.0
prod_deploy v1.1.0
[ "$CODE" = 0 ] || wrong "exit $CODE, not 0"
holds "v1.1.0 does not serve" wait_for 10 served serves_now v1.1.0 prod

judged
