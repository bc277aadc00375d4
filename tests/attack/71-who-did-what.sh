#!/usr/bin/env bash
# A day on production, each thing done by another person: ledger, `loomrel runs`, serve's log and the
# chat say of all of it who, what and when, as this script knows it (design 13.10).
. "$(dirname "$0")/production.sh"
require docker
REWIND=''
start_fake telegram --press-expires 60
start_fake github --repository "example/$SERVICE"
RULES="quorum = 1
chat_id = $CHAT
api_url = \"$FAKE_TELEGRAM\""
MORE_TOML="[[people]]
telegram = $ANYA
name = \"Аня\"
[github]
owner = \"example\"
api_url = \"$FAKE_GITHUB\"
[server]
look_every = \"1s\""
production_lab compose 'hooks.before_up = "[ ! -e \"$HOME/slow\" ] || sleep 60"'
SERVE_ENV=(LOOMREL_CONFIG="$CONFIG" LOOM_RELEASE_TG_BOT_TOKEN=123456:test-token
    LOOM_GITHUB_TOKEN=test-token)
write_server_config() {
    mkdir -p "$T/server"
    cp "$T/ci/.env.servers" "$T/server/.env.servers"
    echo "LOOM_INTERSERVER_SECRET_KEY=$KEY" >>"$T/server/.env.servers"
}

# as WHO ARGUMENTS…: this person types it.
as() {
    ENVIRONMENT=(USER="$1")
    LIMIT=90 try "${@:2}"
    ENVIRONMENT=()
}

# From here on it happens; every word about it must tell an instant between this one and now.
begins() {
    BEGAN=$(date -u +%FT%TZ)
}

# in_time INSTANT: ledger and log tell it in UTC, a blank or a T in it.
in_time() {
    local at=${1/ /T} until
    until=$(date -u -d '+2 seconds' +%FT%TZ)
    [[ ! "${at%%.*}" < "${BEGAN%Z}" && "${at%%.*}" < "${until%Z}" ]]
}

# event_of TO WHO RELEASE [DETAIL]: the release's history has exactly one such event of this time.
event_of() {
    local found count=0 at
    found=$(sql "SELECT at FROM release_events WHERE release_id = $3 AND to_status = '$1'
        AND actor = '$2' AND detail LIKE '%${4:-}%' ORDER BY id")
    while read -r at; do
        [ -z "$at" ] || ! in_time "$at" || count=$((count + 1))
    done <<<"$found"
    [ $count = 1 ]
}

# logged EVENT FILTER: a line of serve's log, of this time.
logged() {
    local at
    at=$(jq -r "select(.event == \"$1\" and ($2)) | .at // .time" "$T/serve.err" | tail -n 1)
    [ -n "$at" ] && in_time "$at"
}

# listed FILTER: `loomrel runs` has one such row, begun in this time.
listed() {
    local at
    at=$( (cd "$T/ci" && exec "$LOOMREL" --json runs) </dev/null 2>/dev/null \
        | jq -r "[.runs[] | select($1)] | if length == 1 then .[0].started_at else empty end")
    [ -n "$at" ] && in_time "$at"
}

# in_chat TEXT…: the newest message with the first text has the others too.
in_chat() {
    local message text
    message=$(message_with "$1") || return
    for text in "$@"; do
        shows "$message" "$text" || return
    done
}

soon() {
    local what=$1
    shift
    holds "$what" wait_for 20 "$what" "$@"
}

on_production v1.1.0
serve_start

attack "an approval that ledger, log or chat do not tell, or tell of somebody else"
begins
staged v1.2.0
second=$RELEASE
expect_message "🏷️ Версия: v1.2.0"
press $ANYA "✅ Подтвердить"
expect_shown "$MESSAGE" "⚠️ Подтверждение релиза"
press $ANYA "✅ Да, подтвердить"
soon "no event of the approval" event_of manual_test_passed Аня "$second"
soon "no line of the approval" logged decision '.by == "Аня" and .source == "bot"'
soon "the chat does not name her" shows "$MESSAGE" "Одобрили: Аня"
soon "no event of the dispatch" event_of manual_test_passed loomrel "$second" '"dispatch":"started"'
soon "no line of the dispatch" logged dispatch '.by == "loomrel" and (.detail.workflow | contains("example"))'
holds "GitHub was not told" eval '[ "$(at_github runs | jq length)" = 1 ]'

attack "a deploy that ledger, runs, log or chat tell of somebody else"
begins
as dave --json prod-deploy --service "$SERVICE" --tag v1.2.0 --release-id "$second"
expect_exit 0
holds "no event of the claim" event_of deploying dave "$second"
holds "no event of the end" event_of deployed dave "$second"
holds "no row" listed '.began_by == "dave" and .via == "cli" and .ref == "refs/tags/v1.2.0" and .outcome == "good"'
soon "no line of it" logged deploy '.by == "dave" and .to == "deployed"'
soon "no line of the run" logged run_ended '.by == "dave" and .outcome == "good"'
soon "the chat does not say it" in_chat "✅ Релиз задеплоен на production" "v1.2.0"

attack "a rollback that ledger, runs, log or chat tell of somebody else"
begins
as erin --json rollback --service "$SERVICE" --to v1.1.0 --yes
expect_exit 0
holds "no event of it" event_of rollback_done erin "$second"
holds "no row" listed '.began_by == "erin" and .kind == "rollback" and .ref == "refs/tags/v1.1.0"'
soon "no line of it" logged rollback '.by == "erin" and .to == "rollback_done"'
soon "the chat does not name her" in_chat "✅ Откат выполнен" "Кто: erin" "v1.1.0"

attack "a restore by hand that ledger, runs, log or chat do not tell"
begins
on_host prod "sh $T/prod/state/prod/$SERVICE/restore v1.0.0" >"$T/by-hand" 2>&1 || wrong "by hand: $(cat "$T/by-hand")"
hand="$(id -un)@127.0.0.1"
first=$(sql "SELECT max(id) FROM releases WHERE release_tag = 'v1.1.0'")
soon "no event of it" event_of rollback_done "$hand" "$first"
soon "no row" listed ".began_by == \"$hand\" and .via == \"host\" and .ref == \"refs/tags/v1.0.0\""
soon "no line of it" logged restored_by_hand ".by == \"$hand\" and .serves == \"v1.0.0\""
soon "the chat does not name it" in_chat "✅ Откат выполнен" "$hand" "v1.0.0"

attack "production is asked for again and again, and chat and history are filled with it, or say nothing"
begins
staged v1.3.0
third=$RELEASE
for _ in 1 2 3 4 5; do
    as grace --json prod-deploy --service "$SERVICE" --tag v1.3.0 --release-id "$third"
    [ $CODE = 3 ] || wrong "exit $CODE"
done
holds "not one event of it" event_of manual_testing grace "$third" '"refused":"claim"'
expect_sql 1 "SELECT count(*) FROM outbox WHERE kind = 'claim_refused' AND release_id = $third"
soon "no line of it" logged deploy_refused '.by == "grace" and .detail.conflict == "status"'
soon "the chat does not name her" in_chat "⛔ Релиз не допущен на production" v1.3.0 grace

attack "a cancel of production without a yes, or told of whoever had begun it"
as anya --json release approve "$third" --as $ANYA
expect_exit 0
touch "$T/prod/home/slow"
begins
ENVIRONMENT=(USER=heidi)
loomrel_start heidi --json prod-deploy --service "$SERVICE" --tag v1.3.0 --release-id "$third"
ENVIRONMENT=()
heidi=$STARTED
is_waiting() { grep -qsF 'before_up' "$T"/prod/state/prod/"$SERVICE"/runs/*/step; }
wait_for 60 "the hook runs" is_waiting
run=$(sql "SELECT id FROM runs WHERE ended_at IS NULL")
as frank --json cancel "${run:0:8}"
[ $CODE = 3 ] || wrong "exit $CODE without a yes"
kill -0 "$heidi" || wrong "it was cancelled without a yes"
as frank --json cancel "${run:0:8}" --yes
expect_exit 0
rm "$T/prod/home/slow"
LIMIT=60 loomrel_wait heidi "$heidi"
expect_exit 1
expect_json .failure.code cancelled
expect_said frank
is production_failed "$third"
holds "no event of it" event_of production_failed frank "$third" "\"cancelled\":\"$run"
holds "no row" listed '.began_by == "heidi" and .cancelled_by == "frank" and .outcome == "cancelled"'
soon "no line of it" logged cancel ".by == \"frank\" and .began_by == \"heidi\" and .run_id == \"$run\""
soon "the chat does not say it" in_chat "🛑 Запуск отменён" "Кто отменил: frank" "Кто запустил: heidi"
holds "the run's own words do not" grep -qF 'Запуск отменён: frank' "$T/prod/log/production/$SERVICE/v1.3.0-prod.log"

attack "a change of the rules that nobody is told of"
serve_stop
sed -i 's/^quorum = 1/quorum = 2/' "$CONFIG"
begins
serve_start
holds "the ledger's rules are the old ones" eval '[ "$(sql "SELECT count(*) FROM approval_rules")" = 2 ]'
soon "no line of it" logged rules_changed '.quorum == 2 and .by == "serve"'
soon "the chat does not say it" in_chat "👥 Изменились правила одобрения" "1 → 2" serve
holds "its log has other lines" jq -es 'all(.event)' "$T/serve.err"

judged
