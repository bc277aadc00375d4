#!/usr/bin/env bash
# Where `serve` has written its rules into the ledger, whoever asks is held to them: nobody's own
# list, quorum or patience counts, and no key decides (design 13.2, 13.6).
. "$(dirname "$0")/production.sh"

production_lab
staged v1.1.0
FIRST=$RELEASE
SERVER_TOML="[telegram]
approvers = [$ANYA, $BORIS]
quorum = 2
approval_expires = \"24h\""
serve_start
commit=$(commit_of v1.1.0)

# lax LINE…: an operator's own configuration of the same ledger says so.
lax() {
    sed "s/^approvers = .*/approvers = [33333]/; s/^quorum = .*/quorum = 1/" "$CONFIG" \
        >"$T/lax.toml"
    ENVIRONMENT=(LOOMREL_CONFIG="$T/lax.toml")
}
decision() {
    jq -n --arg id "$(uuid)" --arg commit "$commit" --argjson who "$1" --argjson list "$2" \
        '{id: $id, commit: $commit, approver_id: $who, approver_name: "x", verdict: "approved",
          approvers: $list, quorum: 1, source: "cli"}'
}

attack "a client's own list and quorum at a terminal"
lax
try --json release approve "$FIRST" --as 33333
[ "$CODE" = 3 ] || [ "$CODE" = 2 ] || wrong "exit $CODE, neither 3 nor 2"
never_status manual_test_passed "$FIRST"
ENVIRONMENT=()
sed -i 's/^approvers = .*/approvers = [11111]/; s/^quorum = .*/quorum = 1/' "$CONFIG"
try --json release approve "$FIRST" --as $ANYA
never_status manual_test_passed "$FIRST"
prod_deploy v1.1.0 "$FIRST"
refused

attack "a decision over the API with a list and quorum of the caller's"
for who in $ANYA $BORIS 33333; do
    call_as "$KEY" POST "/releases/$FIRST/approvals" "$(decision "$who" "[$who]")"
    [ "$STATUS" = 403 ] || [ "$STATUS" = 404 ] || wrong "HTTP $STATUS for $who"
    call_as "$KEY" POST "/releases/$FIRST/decisions" "$(decision "$who" "[$who]")"
    [ "$STATUS" -ge 400 ] || wrong "HTTP $STATUS for $who"
done
never_status manual_test_passed "$FIRST"

attack "a decision as a status over the API"
for status in manual_test_passed manual_test_failed; do
    call_as "$KEY" PATCH /release "{\"release_id\": $FIRST, \"status\": \"$status\"}"
    [ "$STATUS" = 403 ] || wrong "HTTP $STATUS for $status"
    call_as "$KEY" POST /changes "$(jq -n --arg id "$(uuid)" --argjson r "$FIRST" --arg s $status \
        '{id: $id, release_id: $r, actor: "Аня", source: "cli", steps: [{to: $s, detail: "{}"}]}')"
    [ "$STATUS" -ge 400 ] || wrong "HTTP $STATUS for the change to $status"
done
is manual_testing "$FIRST"

attack "an expiry that is longer at the client"
sed -i 's/^approvers = .*/approvers = [11111, 22222]/; s/^quorum = .*/quorum = 1/' "$CONFIG"
serve_stop
SERVER_TOML="[telegram]
approvers = [$ANYA, $BORIS]
quorum = 1
approval_expires = \"1s\""
serve_start
on_server release approve "$FIRST" --as $ANYA
on_server release approve "$FIRST" --as $BORIS
sleep 1.5
mark
prod_deploy v1.1.0 "$FIRST"
refused

attack "the rules of the ledger are stricter than what the approvals were given by"
serve_stop
SERVER_TOML="[telegram]
approvers = [$ANYA]
quorum = 1"
serve_start
staged v1.1.1
on_server release approve "$RELEASE" --as $ANYA
serve_stop
SERVER_TOML="[telegram]
approvers = [$BORIS]
quorum = 1"
serve_start
mark
prod_deploy v1.1.1
refused

# A job whose ledger is the API.
staged v1.1.2
make_key stage
stage_key=$MADE_KEY
commit=$(commit_of v1.1.2)
run=$(uuid)
open_run() {
    jq -n --arg id "$run" --arg env "$1" --arg service "$SERVICE" --arg commit "$commit" \
        --argjson release "$RELEASE" '{id: $id, service: $service, environment: $env,
        kind: "deploy", release_id: $release, ref: "refs/tags/v1.1.2", commit: $commit,
        github_run_id: "1", github_run_attempt: 1, hosts: ["127.0.0.1"]}'
}
good_end='{"outcome": "good", "result": "{}", "hosts": [{"host": "127.0.0.1", "state": "ended",
    "outcome": "ok", "serves": "v1.1.2"}]}'

attack "a stage job's key forges a production deploy"
call_as "$stage_key" POST /runs "$(open_run prod)"
call_as "$stage_key" PATCH "/runs/$run" "$good_end"
holds "it wrote a run on production" eval \
    "[ \"\$(sql \"SELECT count(*) FROM runs WHERE id = '$run'\")\" = 0 ]"

attack "a stage job's key forges deployed of what was approved"
on_server release approve "$RELEASE" --as $BORIS
is manual_test_passed "$RELEASE"
for status in deploying deployed; do
    call_as "$stage_key" PATCH /release "{\"release_id\": $RELEASE, \"status\": \"$status\"}"
    call_as "$stage_key" POST /changes "$(jq -n --arg id "$(uuid)" --argjson r "$RELEASE" \
        --arg s $status '{id: $id, release_id: $r, actor: "x", source: "cli",
        steps: [{to: $s, detail: "{}"}]}')"
done
is manual_test_passed "$RELEASE"

attack "a stage job's key ends the run of a production deploy"
run=$(uuid)
make_key prod
call_as "$MADE_KEY" POST /runs "$(open_run prod)"
call_as "$stage_key" PATCH "/runs/$run" "$good_end"
holds "the run has an end" eval \
    "[ \"\$(sql \"SELECT count(*) FROM runs WHERE id = '$run' AND ended_at IS NOT NULL\")\" = 0 ]"

attack "an approver's key decides for others, and does other things"
make_key all
on_server key create boris --scope read --approver $BORIS
[ $CODE != 0 ] || MADE_KEY=$(jq -r .key "$T/out")
staged v1.1.3
commit=$(commit_of v1.1.3)
serve_stop
SERVER_TOML="[telegram]
approvers = [$ANYA, $BORIS]
quorum = 2"
serve_start
for who in $ANYA $BORIS 33333; do
    call_as "$MADE_KEY" POST "/releases/$RELEASE/approvals" "$(decision "$who" "[$who]")"
done
for status in manual_test_passed deploying deployed; do
    call_as "$MADE_KEY" PATCH /release "{\"release_id\": $RELEASE, \"status\": \"$status\"}"
done
call_as "$MADE_KEY" POST /runs "$(run=$(uuid) open_run prod)"
is manual_testing "$RELEASE"
expect_votes=$(sql "SELECT count(*) FROM release_approvals WHERE release_id = $RELEASE AND approver_id <> $BORIS")
[ "$expect_votes" = 0 ] || wrong "$expect_votes votes of others"
holds "it wrote a run" eval \
    "[ \"\$(sql \"SELECT count(*) FROM runs WHERE release_id = $RELEASE AND environment = 'prod'\")\" = 0 ]"

attack "deployed without a good run on production"
staged v1.1.4
on_server release approve "$RELEASE" --as $BORIS
on_server release approve "$RELEASE" --as $ANYA
call_as "$KEY" PATCH /release "{\"release_id\": $RELEASE, \"status\": \"deploying\"}"
call_as "$KEY" PATCH /release "{\"release_id\": $RELEASE, \"status\": \"deployed\"}"
never_status deployed "$RELEASE"
serve_stop

attack "api_approvals lets the API decide"
SERVER_TOML="[telegram]
approvers = [$ANYA, $BORIS]
[server]
api_approvals = true"
write_server_config
CODE=0
(cd "$T/server" && exec env "${SERVE_ENV[@]}" timeout 5 "$LOOMREL" --json serve --listen 127.0.0.1:0) \
    </dev/null >"$T/out" 2>"$T/err" || CODE=$?
[ "$CODE" = 2 ] || wrong "serve with api_approvals: exit $CODE, not 2"

promise "a job without any rights to decide deploys to stage and, once approved, to production"
SERVER_TOML="[telegram]
approvers = [$ANYA, $BORIS]
quorum = 1"
serve_start
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
holds "v1.2.0 does not serve" serves_now v1.2.0 prod

judged
