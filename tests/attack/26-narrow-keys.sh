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
attack "a stage job's key decides"
make_key stage
for status in manual_test_passed manual_test_failed; do
    change_to "$MADE_KEY" $status
    [ "$PATCHED$STATUS" = 403403 ] || wrong "HTTP $PATCHED and $STATUS for $status"
done
call_as "$MADE_KEY" POST "/releases/$RELEASE/approvals" "$(decision $BORIS "[$BORIS]")"
[ "$STATUS" = 403 ] || wrong "HTTP $STATUS for a decision"
is manual_testing "$RELEASE"
no_rows "it voted" "release_approvals WHERE release_id = $RELEASE"

serve_anew "$ANYA, $BORIS" 1
attack "a stage job's key moves and amends what production serves"
make_key stage
serving=$(sql "SELECT max(id) FROM releases WHERE status = 'deployed'")
RELEASE=$serving
for status in rollback building manual_testing staging_failed; do
    change_to "$MADE_KEY" $status
done
call_as "$MADE_KEY" PATCH /release "{\"release_id\": $serving, \"rollback_to_tag\": \"v0.0.1\"}"
[ "$STATUS" = 403 ] || wrong "HTTP $STATUS for a column"
is deployed "$serving"
no_rows "it wrote a column" "releases WHERE id = $serving AND rollback_to_tag = 'v0.0.1'"

serve_anew "$ANYA, $BORIS" 1
attack "a key of another service looks, moves and tells"
make_key all --service another-service
call_as "$MADE_KEY" GET "/releases/$RELEASE"
[ "$STATUS" = 403 ] || wrong "HTTP $STATUS for the release"
call_as "$MADE_KEY" GET /releases
[ "$(jq '.releases | length' "$T/answer")" = 0 ] || wrong "the list shows it"
call_as "$MADE_KEY" GET "/runs?service=$SERVICE"
[ "$STATUS" = 403 ] || wrong "HTTP $STATUS for its runs"
change_to "$MADE_KEY" building
run=$(uuid)
call_as "$MADE_KEY" POST /runs "$(run_of stage)"
call_as "$MADE_KEY" POST /schema
[ "$STATUS" = 403 ] || wrong "HTTP $STATUS for the schema"
is manual_testing "$RELEASE"
no_rows "it wrote a run" "runs WHERE id = '$run'"

serve_anew "$ANYA, $BORIS" 1
attack "a key calls itself somebody else, in the history and in messages"
make_key stage
call_as "$MADE_KEY" POST "/releases/$RELEASE/notes" "$(jq -n --arg id "$(uuid)" \
    '{id: $id, actor: "Аня", source: "cli", detail: "{\"said\": 1}"}')"
[ "$STATUS" = 200 ] || wrong "HTTP $STATUS for the note"
[ "$(sql "SELECT actor, source FROM release_events ORDER BY id DESC LIMIT 1")" = "$MADE_NAME|api" ] \
    || wrong "the history has another name"
sql "SELECT detail FROM release_events ORDER BY id DESC LIMIT 1" | jq -e '.said_by == "Аня"' >/dev/null \
    || wrong "what it said of itself is lost"
call_as "$MADE_KEY" POST /notices '{"key": "event:99", "kind": "text", "fact": "{\"text\": \"x\", \"key\": \"serve\"}"}'
sql "SELECT fact FROM outbox ORDER BY id DESC LIMIT 1" | jq -e --arg name "$MADE_NAME" '.key == $name' \
    >/dev/null || wrong "the message has another name"
no_rows "it took the place of the ledger's own message" "outbox WHERE key = 'event:99'"

serve_anew "$ANYA, $BORIS" 1
attack "a key that was revoked, or whose time is over, is used"
make_key read --expires 1s
call_as "$MADE_KEY" GET "/releases/$RELEASE"
[ "$STATUS" = 200 ] || wrong "HTTP $STATUS while it holds"
sleep 1.2
call_as "$MADE_KEY" GET "/releases/$RELEASE"
[ "$STATUS" = 401 ] || wrong "HTTP $STATUS when its time is over"
make_key read
on_server key revoke "$MADE_NAME"
call_as "$MADE_KEY" GET "/releases/$RELEASE"
[ "$STATUS" = 401 ] || wrong "HTTP $STATUS when it is revoked"

serve_anew "$ANYA, $BORIS" 1
attack "keys are tried as fast as the network goes"
rm -f "$T"/tried.*
for i in {1..30}; do
    curl -sS --max-time 2 -o /dev/null -w '%{http_code}' -H "Authorization: Bearer guess-$i" \
        "$API/releases" >"$T/tried.$i" 2>/dev/null &
    tries[i]=$!
done
call GET /health
[ "$STATUS" = 200 ] || wrong "HTTP $STATUS for somebody else meanwhile"
wait "${tries[@]}" || :
answered=$(cat "$T"/tried.* | grep -o 401 | wc -l)
[ "$answered" -le 5 ] || wrong "$answered answers in 2 seconds"

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
