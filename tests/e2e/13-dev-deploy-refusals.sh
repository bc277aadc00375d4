#!/usr/bin/env bash
# Who has no host, what is no branch, a ledger that is not there: dev-deploy says it, executes
# nothing of it, and hangs on none of it.
. "$(dirname "$0")/harness.sh"

dev_lab command
deploy() {
    loomrel --json dev-deploy --service "$SERVICE" "$@"
}

push_branch feature/x one
# Nobody's names are executed, here or there.
for branch in 'feature/$(touch owned)' 'a;touch owned' '`touch owned`' '-x' 'a b' '../x' 'x.lock' \
    refs/heads/x HEAD 'zzz";touch${IFS}owned;#' ''; do
    deploy --branch "$branch" --author developer_one
    expect_exit 2
    expect_json '.error.code | test("^(bad|branch)_")' true
    push_event "refs/heads/$branch" developer_one developer_one "$(in_dev rev-parse HEAD)"
    as_github_branch 7 1 "$branch"
    deploy
    expect_exit 2
    ENVIRONMENT=()
done
deploy --branch feature/x --author '$(touch owned)'
expect_exit 2
expect_json .error.code bad_author
expect_equal "logins" 0 "$(logins_of stage)"
[ -z "$(find "$T" -name owned)" ] || fail "a name was executed"

# Bots have no host, and that is nobody's fault; for people it is said what to add.
as_github_branch 8 1 feature/x
push_event refs/heads/feature/x 'dependabot[bot]' 'dependabot[bot]' "$(in_dev rev-parse HEAD)"
deploy
expect_exit 0
expect_json .ok true '.skipped | test("dependabot")' true
expect_in "$T/output" skipped
push_event refs/heads/feature/x new-hand somebody "$(in_dev rev-parse HEAD)"
deploy
expect_exit 2
expect_json .error.code no_developer_host '.error.hint | test("new_hand_HOST.*new_hand_PASSWORD.*Developer_One")' true
for kept in stage PROD loom_release; do
    deploy --branch feature/x --author $kept
    expect_exit 2
    expect_json .error.code no_developer_host
done
ENVIRONMENT=()
expect_equal "logins" 0 "$(logins_of stage)"

# The file of hosts as people write it: it is read, never executed.
printf 'export  DEVELOPER_ONE_HOST = "127.0.0.1" # $(touch owned)\r\n\r\n  # a comment\r\n' \
    >"$T/ci/.env.servers"
printf "Developer-One_PORT='%s'\r\nDeveloper-One_USER=%s   \r\nOTHER=\$(touch owned)\r\n" \
    "$(port_of stage)" "$(id -un)" >>"$T/ci/.env.servers"
printf 'Developer-One_KEY="%s"\r\n' "$(cat "$T/me/key")" >>"$T/ci/.env.servers"
sed -i 's/^export  DEVELOPER_ONE_HOST/export  Developer-One_HOST/' "$T/ci/.env.servers"
deploy --branch feature/x --author developer_one
expect_exit 0
expect_serves one
[ -z "$(find "$T" -name owned)" ] || fail "a line of .env.servers was executed"

# No ledger: none configured in CI; one that refuses; one that never answers.
sed -i '/^\[store\]/,/^url/d' "$T/ci/loomrel.toml"
push_branch feature/x two
push_event refs/heads/feature/x developer_one somebody "$(in_dev rev-parse HEAD)"
as_github_branch 9 1 feature/x
deploy
expect_exit 0
expect_serves two
as_github_branch 9 2 feature/x
dead=$(free_port)
push_branch feature/x three
deploy --branch feature/x --author developer_one --store "postgresql://nobody@127.0.0.1:$dead/x"
expect_exit 0
expect_serves three
expect_in "$T/err" "Журнал релизов не ответил"
start python3 -c "import socket, time
s = socket.create_server(('127.0.0.1', $dead)); print('listening', flush=True); time.sleep(300)" >"$T/deaf"
wait_for 10 "the deaf ledger listens" grep -q listening "$T/deaf"
push_branch feature/x four
as_github_branch 10 1 feature/x
before=$(date +%s)
deploy --store "postgresql://nobody@127.0.0.1:$dead/x"
expect_exit 0
took=$(($(date +%s) - before))
expect_serves four
[ $took -le 15 ] || fail "a ledger that does not answer held the deploy up for $took s"
# Without a ledger too, the same attempt of the same run is started once.
run=$(jq -r .run_id "$T/out")
ups=$(wc -l <"$T/stage/home/ups")
deploy --store "postgresql://nobody@127.0.0.1:$dead/x"
expect_exit 0
expect_json .run_id "$run" .ok true
expect_equal "starts" "$ups" "$(wc -l <"$T/stage/home/ups")"
