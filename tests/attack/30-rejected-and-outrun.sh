#!/usr/bin/env bash
# A rejection is of the commit, whatever release it is in; what stage no longer serves is outrun and
# its votes are void; an approved release may still go (design 13.3).
. "$(dirname "$0")/production.sh"

RULES='quorum = 2'
approved() {
    staged "$@"
    approve $ANYA
    approve $BORIS
    expect_json .status manual_test_passed
}
approve() {
    loomrel --json release approve "${2:-$RELEASE}" --as "$1"
    expect_exit 0
}
# another_run RUN TAG: the tag's workflow runs, once more or for the first time.
another_run() {
    as_github "$1" 1 "$2"
    stage_deploy "$2" "${@:3}"
    expect_exit 0
    RELEASE=$(jq .release_id "$T/out")
    ENVIRONMENT=()
}
# anew RUN TAG: the tag's workflow runs once more, and puts it on stage although it is there.
anew() {
    as_github "$1" 1 "$2"
    stage_deploy "$2" --again
    [ "$CODE" != 2 ] || stage_deploy "$2"
    expect_exit 0
    RELEASE=$(jq .release_id "$T/out")
    ENVIRONMENT=()
}
reject() {
    loomrel --json release reject "$RELEASE" --as $BORIS
    expect_exit 0
}
# A second tag of the commit that the first is of.
same_commit() {
    in_dev tag -a -m same "$2" "$1^{commit}"
    in_dev push -q origin "refs/tags/$2"
}

production_lab
checkpoint

attack "a rejected tag run again: its first release, approved before, is deployed"
version v1.1.0
another_run 11 v1.1.0
first=$RELEASE
approve $ANYA
approve $BORIS
another_run 12 v1.1.0
reject
mark
never_status manual_test_passed "$first"
prod_deploy v1.1.0 "$first"
refused
prod_deploy v1.1.0
[ "$CODE" = 3 ] || wrong "exit $CODE, not 3"

attack "a rejected commit goes to production under another tag that was approved before"
version v1.1.0
same_commit v1.1.0 v1.1.1
another_run 11 v1.1.0
first=$RELEASE
approve $ANYA
approve $BORIS
another_run 12 v1.1.1
second=$RELEASE
reject
mark
never_status manual_test_passed "$first"
prod_deploy v1.1.0 "$first"
refused
prod_deploy v1.1.1 "$second"
[ "$CODE" = 3 ] || wrong "exit $CODE, not 3"
unchanged

attack "the votes of before a rejection count when the tag is run again"
version v1.1.0
another_run 11 v1.1.0
first=$RELEASE
approve $ANYA
reject
anew 12 v1.1.0
second=$RELEASE
loomrel --json release approve "$second" --as $BORIS
mark
never_status manual_test_passed "$first"
never_status manual_test_passed "$second"
prod_deploy v1.1.0 "$second"
refused
unchanged

attack "a twin of the tag is made by hand and approved beside the rejected one"
version v1.1.0
another_run 11 v1.1.0
first=$RELEASE
reject
mark
loomrel --json release create --service "$SERVICE" --tag v1.1.0 --run-id twin --commit "$(commit_of v1.1.0)"
twin=$(jq .release_id "$T/out")
for status in building stage_deploy manual_testing; do
    loomrel --json release patch "$twin" --status $status
done
loomrel --json release approve "$twin" --as $ANYA
loomrel --json release approve "$twin" --as $BORIS
never_status manual_test_passed "$twin"
prod_deploy v1.1.0 "$twin"
refused
unchanged

attack "a release that stage serves no longer is approved"
version v1.2.3
another_run 11 v1.2.3
first=$RELEASE
version v1.2.4
another_run 12 v1.2.4
for who in $ANYA $BORIS; do
    loomrel --json release approve "$first" --as "$who"
    [ "$CODE" = 3 ] || wrong "exit $CODE, not 3, for $who"
done
never_status manual_test_passed "$first"
mark
prod_deploy v1.2.3 "$first"
refused

attack "the votes of before it was outrun count when stage serves it again"
version v1.2.3
another_run 11 v1.2.3
first=$RELEASE
approve $ANYA
version v1.2.4
another_run 12 v1.2.4
loomrel --json rollback --env stage --service "$SERVICE" --to v1.2.3 --yes
expect_exit 0
mark
loomrel --json release approve "$first" --as $BORIS
never_status manual_test_passed "$first"
prod_deploy v1.2.3 "$first"
refused

attack "a tag that was moved is built anew on stage by a rollback, and its other commit is approved"
version v1.2.3
another_run 11 v1.2.3
first=$RELEASE
move_tag v1.2.3
version v1.2.4
another_run 12 v1.2.4
rm -rf "$T/stage/state/stage"
on_host stage git -C "loom/$SERVICE" fetch -q -f --tags
loomrel --json rollback --env stage --service "$SERVICE" --to v1.2.3 --yes
expect_exit 0
# Whoever has no credentials of stage's goes by what the ledger knows.
sed -i /^STAGE_/d "$T/ci/.env.servers"
for who in $ANYA $BORIS; do
    loomrel --json release approve "$first" --as "$who"
    [ "$CODE" = 3 ] || wrong "exit $CODE, not 3, for $who"
done
never_status manual_test_passed "$first"

attack "an approved release that production has outrun is deployed with --older"
approved v1.2.3
first=$RELEASE
on_production v1.2.4
mark
prod_deploy v1.2.3 "$first"
refused
as_github 13 1 v1.2.3
prod_deploy v1.2.3 "$first" --older
[ "$CODE" = 3 ] || wrong "--older in CI: exit $CODE, not 3"
unchanged

promise "an outrun release that stage serves again can be approved anew"
version v1.2.3
another_run 11 v1.2.3
first=$RELEASE
version v1.2.4
another_run 12 v1.2.4
loomrel --json rollback --env stage --service "$SERVICE" --to v1.2.3 --yes
for who in $ANYA $BORIS; do
    loomrel --json release approve "$first" --as "$who"
done
is manual_test_passed "$first"
prod_deploy v1.2.3 "$first"
[ "$CODE" = 0 ] || wrong "exit $CODE, not 0"
holds "v1.2.3 does not serve" wait_for 10 served serves_now v1.2.3 prod

promise "an approved release goes to production although stage serves the next one"
approved v1.2.3
first=$RELEASE
staged v1.2.4
prod_deploy v1.2.3 "$first"
[ "$CODE" = 0 ] || wrong "exit $CODE, not 0"
holds "v1.2.3 does not serve" wait_for 10 served serves_now v1.2.3 prod

promise "the next one put on stage while production is being deployed does not stop it"
approved v1.2.3 --build '[ "$LOOMREL_ENVIRONMENT" = stage ] || { touch "$HOME/building"; sleep 2; }'
first=$RELEASE
loomrel_start prod --json prod-deploy --service "$SERVICE" --tag v1.2.3 --release-id "$first"
pid=$STARTED
wait_for 20 "it builds for production" test -e "$T/prod/home/building"
staged v1.2.4
loomrel_wait prod "$pid"
[ "$CODE" = 0 ] || wrong "exit $CODE, not 0"
holds "v1.2.3 does not serve" wait_for 10 served serves_now v1.2.3 prod
is deployed "$first"

promise "a rejected tag is put on stage anew, approved by all, and deployed"
version v1.1.0
another_run 11 v1.1.0
reject
anew 12 v1.1.0
for who in $ANYA $BORIS; do
    loomrel --json release approve "$RELEASE" --as "$who"
done
is manual_test_passed "$RELEASE"
prod_deploy v1.1.0
[ "$CODE" = 0 ] || wrong "exit $CODE, not 0"
holds "v1.1.0 does not serve" wait_for 10 served serves_now v1.1.0 prod

judged
