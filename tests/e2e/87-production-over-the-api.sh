#!/usr/bin/env bash
# A runner whose only ledger is the API: all that it has is an address, a key and its hosts, in one
# secret. The word on a release is given on the server's side; production and the way back go on
# from the runner.
. "$(dirname "$0")/harness.sh"

start_fake telegram --press-expires 60
lab command
add_prod
sed -i '/^\[store\]/,/^url/d' "$T/ci/loomrel.toml"
SERVER_TOML="[telegram]
chat_id = $CHAT
approvers = [$ANYA, $BORIS]
admins = [$ANYA]
api_url = \"$FAKE_TELEGRAM\""
SERVE_ENV=(LOOM_RELEASE_TG_BOT_TOKEN=123456:test-token)
serve_start
servers="$(cat "$T/ci/.env.servers")
LOOM_RELEASE_TG_BOT_API_URL=$API
LOOM_INTERSERVER_SECRET_KEY=$KEY"
rm "$T/ci/.env.servers"

# on_server ARGUMENTS…: somebody logged in there, who has the database.
on_server() {
    CODE=0
    (cd "$T/server" && LOOMREL_CONFIG=$T/server/loomrel.toml exec "$LOOMREL" --json "$@") </dev/null >"$T/out" 2>"$T/err" || CODE=$?
}
# runs RUN TAG: a step of a workflow.
runs() {
    as_github "$1" 1 "$2"
    ENVIRONMENT+=(LOOMREL_ENV_SERVERS="$servers")
}
staged() {
    runs "$1" "$2"
    stage_deploy "$2"
    expect_exit 0
    expect_json .status manual_testing
    ID_OF=$(jq .release_id "$T/out")
}
prod_deploy() {
    runs "$1" "$2"
    loomrel --json prod-deploy --service "$SERVICE" --tag "$2" --release-id "$ID_OF"
}

staged 1 v1.0.0
prod_deploy 2 v1.0.0
expect_exit 3
expect_json .error.code not_approved
expect_equal "logins on prod" 0 "$(logins_of prod)"
# The key of the API deploys; it does not approve.
loomrel --json release approve "$ID_OF" --as $ANYA
[ "$CODE" != 0 ] || fail "approved over the API"
call POST "/releases/$ID_OF/decisions" '{}'
[ "$STATUS" -ge 400 ] || fail "HTTP $STATUS"
call PATCH /release "{\"release_id\":$ID_OF,\"status\":\"manual_test_passed\"}"
expect_answer 403 .error.code approval_required
on_server release approve "$ID_OF" --as $ANYA
expect_exit 0
prod_deploy 3 v1.0.0
expect_exit 0
expect_json .ok true .status deployed .commit "$(commit_of v1.0.0)"
expect_serves v1.0.0 prod
expect_moves v1.0.0 "initiated building stage_deploy manual_testing manual_test_passed deploying deployed"
# GitHub's re-run of the same workflow starts nothing.
prod_deploy 3 v1.0.0
expect_exit 0
expect_sql 1 "SELECT count(*) FROM runs WHERE environment = 'prod'"

# The next one is approved at the bot.
version v1.1.0
staged 4 v1.1.0
expect_message "🏷️ Версия: v1.1.0"
press $BORIS "✅ Подтвердить"
expect_shown "$MESSAGE" "⚠️ Подтверждение релиза"
press $BORIS "✅ Да, подтвердить"
expect_pressed "✅ Одобрено: v1.1.0"
prod_deploy 5 v1.1.0
expect_exit 0
expect_serves v1.1.0 prod
expect_message "✅ Релиз задеплоен на production"
expect_sql "good|v1.1.0" "SELECT runs.outcome, serves FROM runs JOIN run_hosts ON run_id = runs.id \
WHERE environment = 'prod' ORDER BY started_at DESC LIMIT 1"

# Back, and told.
runs 6 v1.1.0
loomrel --json rollback --service "$SERVICE" --yes
expect_exit 0
expect_json .tag v1.0.0 .status rollback_done
expect_serves v1.0.0 prod
expect_row v1.1.0 status rollback_done rollback_to_tag v1.0.0
expect_row v1.0.0 status deployed
expect_message "✅ Откат выполнен"
loomrel --json status --env prod
expect_exit 0

# The server away: nothing new comes to production, but back it goes, and that is told later.
version v1.2.0
staged 7 v1.2.0
on_server release approve "$ID_OF" --as $ANYA
expect_exit 0
serve_stop
LIMIT=60 prod_deploy 8 v1.2.0
expect_exit 5
expect_serves v1.0.0 prod
runs 9 v1.1.0
loomrel --json rollback --service "$SERVICE" --to v1.1.0 --yes
expect_exit 6
expect_serves v1.1.0 prod
SERVE_LISTEN=$(cat "$T/listen")
serve_start
prod_deploy 10 v1.2.0
expect_exit 0
expect_serves v1.2.0 prod
expect_row v1.1.0 status deployed
