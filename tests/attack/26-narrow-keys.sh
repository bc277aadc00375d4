#!/usr/bin/env bash
# A key does what its scope says and nothing else (design 13.6). Skipped as long as the program makes
# no keys.
. "$(dirname "$0")/production.sh"
"$LOOMREL" --help | grep -qE '^ +key ' || exit 77

production_lab
staged v1.1.0
checkpoint
commit=$(commit_of v1.1.0) REWIND=''

run_of() {
    jq -n --arg id "$run" --arg env "$1" --arg service "$SERVICE" --arg commit "$commit" \
        --argjson release "$RELEASE" '{id: $id, service: $service, environment: $env,
        kind: "deploy", release_id: $release, ref: "refs/tags/v1.1.0", commit: $commit,
        github_run_id: "1", github_run_attempt: 1, hosts: ["127.0.0.1"]}'
}
good_end='{"outcome": "good", "result": "{}", "hosts": [{"host": "127.0.0.1", "state": "ended",
    "outcome": "ok", "serves": "v1.1.0"}]}'
no_rows() {
    local rows
    rows=$(sql "SELECT count(*) FROM $2")
    [ "$rows" = 0 ] || wrong "$1"
}

serve_anew "$ANYA, $BORIS" 1
attack "a stage job's key forges a production deploy"
make_key stage
run=$(uuid)
call_as "$MADE_KEY" POST /runs "$(run_of prod)"
call_as "$MADE_KEY" PATCH "/runs/$run" "$good_end"
no_rows "it wrote a run on production" "runs WHERE id = '$run'"

serve_anew "$ANYA, $BORIS" 1
attack "a stage job's key forges deployed of what was approved"
on_server release approve "$RELEASE" --as $BORIS
make_key stage
for status in deploying deployed; do
    change_to "$MADE_KEY" $status
done
is manual_test_passed "$RELEASE"

serve_anew "$ANYA, $BORIS" 1
attack "a stage job's key ends the run of a production deploy"
run=$(uuid)
make_key prod
call_as "$MADE_KEY" POST /runs "$(run_of prod)"
make_key stage
call_as "$MADE_KEY" PATCH "/runs/$run" "$good_end"
no_rows "it ended the run" "runs WHERE id = '$run' AND ended_at IS NOT NULL"

serve_anew "$ANYA, $BORIS" 2
attack "an approver's key decides for others, and does other things"
make_key all
on_server key create boris --scope read --approver $BORIS
[ $CODE != 0 ] || MADE_KEY=$(jq -r .key "$T/out")
for who in $ANYA $BORIS 33333; do
    call_as "$MADE_KEY" POST "/releases/$RELEASE/approvals" "$(decision "$who" "[$who]")"
done
for status in manual_test_passed deploying deployed; do
    change_to "$MADE_KEY" $status
done
run=$(uuid)
call_as "$MADE_KEY" POST /runs "$(run_of prod)"
is manual_testing "$RELEASE"
no_rows "votes of others" "release_approvals WHERE release_id = $RELEASE AND approver_id <> $BORIS"
no_rows "it wrote a run" "runs WHERE id = '$run'"

serve_anew "$ANYA, $BORIS" 1
attack "deployed without a good run on production"
on_server release approve "$RELEASE" --as $BORIS
is manual_test_passed "$RELEASE"
for status in deploying deployed; do
    change_to "$KEY" $status
done
never_status deployed "$RELEASE"

serve_anew "$ANYA, $BORIS" 1
promise "a job without any rights to decide deploys to stage and, once approved, to production"
make_key stage
as_job "$MADE_KEY"
version v1.2.0
stage_deploy v1.2.0
[ "$CODE" = 0 ] || wrong "stage-deploy: exit $CODE"
RELEASE=$(jq .release_id "$T/out")
on_server release approve "$RELEASE" --as $BORIS
[ "$CODE" = 0 ] || wrong "approve: exit $CODE"
make_key prod
as_job "$MADE_KEY"
prod_deploy v1.2.0
[ "$CODE" = 0 ] || wrong "prod-deploy: exit $CODE"
holds "v1.2.0 does not serve" wait_for 10 served serves_now v1.2.0 prod


judged
