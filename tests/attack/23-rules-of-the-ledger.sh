#!/usr/bin/env bash
# Where `serve` has written its rules into the ledger, whoever asks is held to them: nobody's own
# list, quorum or patience counts, and no key decides (design 13.2, 13.6).
. "$(dirname "$0")/production.sh"

production_lab
staged v1.1.0
checkpoint
commit=$(commit_of v1.1.0) REWIND=''

# rules APPROVERS QUORUM: the operator's own configuration says so.
rules() {
    sed -i "s/^approvers = .*/approvers = [$1]/; s/^quorum = .*/quorum = $2/" "$CONFIG"
}
no_rows() {
    local rows
    rows=$(sql "SELECT count(*) FROM $2")
    [ "$rows" = 0 ] || wrong "$1"
}

serve_anew "$ANYA, $BORIS" 2
attack "a client's own list and quorum at a terminal"
for who in 33333 $ANYA; do
    rules "$who" 1
    try --json release approve "$RELEASE" --as "$who"
    never_status manual_test_passed "$RELEASE"
done
prod_deploy v1.1.0
refused

serve_anew "$ANYA, $BORIS" 2
attack "a decision over the API with a list and quorum of the caller's"
for who in $ANYA $BORIS 33333; do
    call_as "$KEY" POST "/releases/$RELEASE/approvals" "$(decision "$who" "[$who]")"
    [ "$STATUS" = 403 ] || [ "$STATUS" = 404 ] || wrong "HTTP $STATUS for $who"
    call_as "$KEY" POST "/releases/$RELEASE/decisions" "$(decision "$who" "[$who]")"
    [ "$STATUS" -ge 400 ] || wrong "HTTP $STATUS for $who"
done
no_rows "a vote was written" "release_approvals WHERE release_id = $RELEASE"
is manual_testing "$RELEASE"

serve_anew "$ANYA, $BORIS" 2
attack "a decision as a status over the API"
for status in manual_test_passed manual_test_failed; do
    change_to "$KEY" $status
    [ "$PATCHED" = 403 ] || wrong "HTTP $PATCHED for $status"
    [ "$STATUS" -ge 400 ] || wrong "HTTP $STATUS for the change to $status"
done
is manual_testing "$RELEASE"

serve_anew "$ANYA, $BORIS" 1 1s
attack "an expiry that is longer at the client"
on_server release approve "$RELEASE" --as $ANYA
is manual_test_passed "$RELEASE"
sleep 1.5
mark
prod_deploy v1.1.0
refused

serve_anew "$ANYA" 1
attack "the rules of the ledger are stricter than what the approvals were given by"
on_server release approve "$RELEASE" --as $ANYA
is manual_test_passed "$RELEASE"
serve_with "$BORIS" 1
mark
prod_deploy v1.1.0
refused

judge
serve_stop
rewind
RELEASE=$(sql "SELECT max(id) FROM releases")
SERVER_TOML=''
serve_start
serve_stop
SERVER=''
promise "a server that names no approver locks nobody out"
try --json release approve "$RELEASE" --as $ANYA
[ "$CODE" = 0 ] || wrong "exit $CODE, not 0"
is manual_test_passed "$RELEASE"

serve_anew "$ANYA, $BORIS" 1
attack "api_approvals lets the API decide"
serve_stop
SERVER=''
SERVER_TOML="[telegram]
approvers = [$ANYA, $BORIS]
[server]
api_approvals = true"
write_server_config
CODE=0
(cd "$T/server" && exec env LOOMREL_CONFIG="$T/server/loomrel.toml" timeout 20 "$LOOMREL" --json serve --listen 127.0.0.1:0) \
    </dev/null >"$T/out" 2>"$T/err" || CODE=$?
[ "$CODE" = 2 ] || wrong "serve with api_approvals: exit $CODE, not 2"

judged
