#!/usr/bin/env bash
# Nobody's own release is approved by himself where that is forbidden, whatever he writes into the
# commit, into the environment, or into the API (design 13.7).
. "$(dirname "$0")/production.sh"

start_fake github --repository "example/$SERVICE"
production_lab
export LOOM_GITHUB_TOKEN=test-token
sed -i '/^quorum/a self_approval = false' "$CONFIG"
cat >>"$CONFIG" <<END
[[people]]
telegram = $ANYA
github = "anya"
name = "Аня"
emails = ["anya@example.com"]
[[people]]
telegram = $BORIS
github = "boris"
name = "Борис"
emails = ["boris@example.com"]
[[people]]
github = "developer"
END

# pushed TAG ACTOR [RUN]: committed by whom AUTHOR and COMMITTER say, and deployed by the tag's run.
pushed() {
    GIT_AUTHOR_EMAIL=$AUTHOR GIT_COMMITTER_EMAIL=${COMMITTER:-$AUTHOR} version "$1"
    as_github "${3:-$RANDOM}" 1 "$1"
    ENVIRONMENT+=(CI='' GITHUB_ACTOR="$2" GITHUB_TRIGGERING_ACTOR="$2" GITHUB_EVENT_NAME=push
        LOOMREL_STORE="$STORE_URL")
    stage_deploy "$1"
    ENVIRONMENT=()
    expect_exit 0
    RELEASE=$(jq .release_id "$T/out")
    mark
}
# not_by WHO…: he does not approve it, and so it does not go to production.
not_by() {
    local who
    for who in "$@"; do
        try --json release approve "$RELEASE" --as "$who"
        [ $CODE = 3 ] || wrong "exit $CODE, not 3, for $who"
        never_status manual_test_passed "$RELEASE"
    done
    try --json prod-deploy --service "$SERVICE" --tag "$TAG" --release-id "$RELEASE"
    [ $CODE = 3 ] || wrong "prod-deploy: exit $CODE, not 3"
    unchanged
}
by() {
    try --json release approve "$RELEASE" --as "$1"
    is manual_test_passed "$RELEASE"
}

attack "a pusher writes somebody else's e-mail into the commit and approves his own push"
AUTHOR=boris@example.com
TAG=v1.1.0 pushed v1.1.0 anya
TAG=v1.1.0 not_by $ANYA anya Аня

attack "a squash by GitHub hides its author"
AUTHOR=boris@example.com COMMITTER=noreply@github.com
TAG=v1.1.1 pushed v1.1.1 developer
TAG=v1.1.1 not_by $BORIS boris

promise "GitHub itself, who committed it, excludes nobody"
by $ANYA

attack "the committer of somebody else's commit approves it"
AUTHOR=who@example.com COMMITTER=Boris@Example.com
TAG=v1.1.2 pushed v1.1.2 developer
TAG=v1.1.2 not_by $BORIS

attack "an author by GitHub's own address of him"
AUTHOR=12345+Anya@users.noreply.github.com COMMITTER=noreply@github.com
TAG=v1.1.3 pushed v1.1.3 developer
TAG=v1.1.3 not_by $ANYA

promise "an author and a committer whom nobody knows exclude nobody"
AUTHOR=who@example.com COMMITTER=who@example.com
pushed v1.1.4 developer
by $BORIS

attack "a sender whom nobody knows is approved by anybody"
AUTHOR=who@example.com
TAG=v1.1.5 pushed v1.1.5 mallory
TAG=v1.1.5 not_by $ANYA $BORIS
grep -q 'github = .*mallory' "$T/out" "$T/err" || try --json release approve "$RELEASE" --as $ANYA
grep -qF 'mallory' "$T/out" || wrong "the lines to write are not said"

attack "a job's environment says that somebody else started the run, and GitHub says who did"
SERVER_TOML="$(sed -n '/^\[telegram\]/,$p' "$CONFIG")
[github]
owner = \"example\"
api_url = \"$FAKE_GITHUB\""
serve_start
at_github run '{"id": 4711, "actor": "anya", "head_sha": "0000000000000000000000000000000000000000"}' >/dev/null
AUTHOR=who@example.com
TAG=v1.1.6 pushed v1.1.6 developer 4711
wait_for 20 "GitHub is asked" eval \
    "sql \"SELECT actors FROM releases WHERE id = $RELEASE\" | grep -q '\"asked\":true'"
TAG=v1.1.6 not_by $ANYA

attack "GitHub's word is posed as over the API"
call_as "$KEY" POST /release "$(jq -n --arg service "$SERVICE" '{service_name: $service,
    release_tag: "v9.9.9", initiated_by: "developer", github_run_id: "9", github_ref: "refs/tags/v9.9.9",
    sender: "developer", word: "github"}')"
[ "$STATUS" = 422 ] || wrong "HTTP $STATUS, not 422"
call_as "$KEY" PATCH /release "$(jq -n --argjson id "$RELEASE" '{release_id: $id, actors: {sender: "developer"}}')"
[ "$STATUS" -ge 400 ] || wrong "HTTP $STATUS for a change of who sent it"
sql "SELECT actors FROM releases WHERE id = $RELEASE" | grep -q '"sender":"anya"' \
    || wrong "who sent it was changed"

attack "whose commit it is was told wrongly afterwards, over the API"
AUTHOR=boris@example.com
pushed v1.1.7 developer
commit=$(commit_of v1.1.7)
call_as "$KEY" POST /changes "$(jq -n --arg id "$(uuid)" --arg c "$commit" --argjson r "$RELEASE" \
    '{id: $id, release_id: $r, actor: "x", source: "cli", signatures: {commit: $c,
      author_email: "who@example.com", committer_email: "who@example.com"}}')"
TAG=v1.1.7 not_by $BORIS

attack "control characters and markup in a commit's name come to people"
AUTHOR=who@example.com
export GIT_AUTHOR_NAME=$'E\e[31mve\u202e <b>x</b>\u200b'
pushed v1.1.8 developer
unset GIT_AUTHOR_NAME
try --lang en release approve "$RELEASE" --as $ANYA --dry-run
try --lang en release approve "$RELEASE" --as $ANYA
! grep -q $'\e\\|\u202e\|\u200b' "$T/out" "$T/err" || wrong "they do"
sql "SELECT actors FROM releases WHERE id = $RELEASE" | grep -q 'who@example.com' || wrong "it is not told at all"
! sql "SELECT actors FROM releases WHERE id = $RELEASE" | grep -q $'u001b\\|\u202e' || wrong "the ledger has them"

judged
