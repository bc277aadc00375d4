#!/usr/bin/env bash
# Updates by webhook and by polling: only Telegram is listened to, an approval goes the same way, and
# turning from one to the other loses no press.
. "$(dirname "$0")/harness.sh"

telegram_lab 'updates = "webhook"'
port=$(free_port)
API=http://127.0.0.1:$port/api/tg-bot KEY=a-secret-of-servers
# Where Telegram is to bring them has to be said, and that is found before anything is started.
for command in "serve --dry-run" "config check"; do
    # shellcheck disable=SC2086 # two words
    loomrel $command
    expect_exit 2
    expect_said "где Telegram найдёт этот сервер"
done
printf '[server]\npublic_url = "%s"\n' "$API" >>"$T/ci/loomrel.toml"
secret=$(python3 -c 'import hmac; print(hmac.new(b"123456:test-token", b"loomrel webhook", "sha256").hexdigest())')
at_bot_api() {
    curl -fsS "$FAKE_TELEGRAM/bot123456:test-token/$1" "${@:2}" >/dev/null
}
state() {
    curl -fsS "$FAKE_TELEGRAM/control/state" | jq -r "$1"
}
calls() {
    at_telegram calls | jq "[.[] | select(.method == \"$1\")]"
}
# forged CURL OPTIONS…: an approval that Telegram did not bring.
forged() {
    local data
    data=An:1:$(commit_of v1.0.0 | cut -c 1-8)+1
    STATUS=$(curl -sS -o "$T/answer" -w '%{http_code}' "$API/update" -H 'Content-Type: application/json' \
        "$@" -d "{\"update_id\":7,\"callback_query\":{\"id\":\"1\",\"from\":{\"id\":$ANYA,\"first_name\":\"A\"},
\"message\":{\"message_id\":1,\"date\":0,\"chat\":{\"id\":$CHAT}},\"data\":\"$data\"}}")
}

# Another bot had the webhook at this very address, with a secret of its own.
at_bot_api setWebhook -d url="$API/update" -d secret_token=another
sleep 1.1
bot_start hook "$port"
is_set() {
    [ "$(state .webhook.secret)" = "$secret" ]
}
wait_for 20 "the webhook is set, with our secret" is_set
expect_equal "the webhook" "$API/update" "$(state .webhook.url)"

stage_deploy v1.0.0
expect_exit 0
forged
expect_equal "without the secret" 401 "$STATUS"
forged -H "X-Telegram-Bot-Api-Secret-Token: another"
expect_equal "with another secret" 401 "$STATUS"
forged -H "X-Telegram-Bot-Api-Secret-Token: $secret$secret" -H "Authorization: Bearer a-secret-of-servers"
expect_equal "with the key of the API" 401 "$STATUS"
expect_row v1.0.0 status manual_testing

# approval TAG: what people see and what the ledger keeps, without what differs from tag to tag.
approval() {
    expect_message "🏷️ Версия: $1"
    press $STRANGER "✅ Подтвердить"
    expect_pressed "вашего id $STRANGER"
    press $ANYA "✅ Подтвердить"
    expect_shown "$MESSAGE" "⚠️ Подтверждение релиза"
    press $ANYA "✅ Да, подтвердить"
    expect_pressed "✅ Одобрено: $1"
    expect_shown "$MESSAGE" "✅ Релиз одобрен"
    {
        text_of "$MESSAGE" | head -n 6
        at_telegram answers | jq -r '.[-3:][] | .text'
        sql "SELECT from_status, to_status, actor FROM release_events WHERE source = 'bot' \
AND actor <> 'telegram:$STRANGER' AND release_id = (SELECT max(id) FROM releases) ORDER BY id"
    } | sed "s/$1/TAG/; s/#[re][0-9]*//g"
}
approval v1.0.0 >"$T/by.hook"
expect_equal "answers of the webhook" "200" "$(state '[.webhook_sends[].status] | unique | join(" ")')"

# By hand, as the specification does it: nothing is set that is there, and Telegram is not flooded.
call GET /webhook/set
expect_answer 200 .url "$API/update" .pending_update_count 0 .changed false
asked=$(calls getWebhookInfo | jq length)
for _ in 1 2 3; do
    call GET /webhook/set
done
expect_equal "questions to Telegram" "$asked" "$(calls getWebhookInfo | jq length)"
sleep 10
at_bot_api setWebhook -d url=http://127.0.0.1:1/else
sleep 1.1
call GET /webhook/set
expect_answer 200 .url "$API/update" .changed true
is_set || fail "the webhook's secret is another"

# Telegram takes calls and does not answer: presses still count, and the Release API hears nothing
# of it.
version v1.0.1
stage_deploy v1.0.1
expect_exit 0
expect_message "🏷️ Версия: v1.0.1"
id=$(jq .release_id "$T/out")
sleep 10
at_telegram fail '{"how": "slow", "seconds": 30}' >/dev/null
for _ in {1..6}; do
    curl -sS -o /dev/null -m 30 "$API/webhook/set" &
    press $STRANGER "data:An:$id:$(commit_of v1.0.1 | cut -c 1-8)+1"
done
press $ANYA "data:An:$id:$(commit_of v1.0.1 | cut -c 1-8)+1"
began=${EPOCHREALTIME/[.,]/}
approved() {
    [ "$(sql "SELECT status FROM releases WHERE id = $id")" = manual_test_passed ]
}
wait_for 5 "the press counts" approved
call GET /health
expect_answer 200
call PATCH /release "{\"release_id\":$id,\"status\":\"deploying\"}"
expect_answer 200 .status success
took=$(((${EPOCHREALTIME/[.,]/} - began) / 1000))
[ "$took" -lt 3000 ] || fail "the Release API took $took ms while Telegram did not answer"
call GET /webhook/set
expect_answer 503
at_telegram fail >/dev/null

# Pressed while the ledger's schema is not up to date yet: Telegram is to bring it again, and then it
# counts, once.
version v1.0.2
stage_deploy v1.0.2
expect_exit 0
expect_message "🏷️ Версия: v1.0.2"
id=$(jq .release_id "$T/out")
stop "$SERVING"
sql "DELETE FROM schema_migrations WHERE name = '2026-11-29-old-twins'" # may be done again
start python3 -c 'import os, sqlite3, sys, time
ledger = sqlite3.connect(sys.argv[1], isolation_level=None)
ledger.execute("BEGIN IMMEDIATE")
open(sys.argv[2] + "held", "w")
while not os.path.exists(sys.argv[2] + "enough"):
    time.sleep(0.02)' "$T/ledger.db" "$T/"
wait_for 20 "the ledger is held" test -e "$T/held"
bot_start early "$port"
press $ANYA "data:An:$id:$(commit_of v1.0.2 | cut -c 1-8)+1"
brought() {
    [ "$(state "[.webhook_sends[] | select(.update_id == $(jq .update "$T/press")) | .status $1] | any")" = true ]
}
wait_for 20 "it has to come again" brought "== 503"
touch "$T/enough"
wait_for 20 "it counts" approved
wait_for 20 "Telegram is done with it" brought "== 200"
expect_sql "manual_test_passed" "SELECT to_status FROM release_events WHERE release_id = $id AND source = 'bot'"

# Back to polling: what was pressed meanwhile is not lost, and it is said.
stop "$SERVING"
sed -i 's/^updates = .*/updates = "polling"/' "$T/ci/loomrel.toml"
version v1.1.0
stage_deploy v1.1.0
expect_exit 0
expect_message "🏷️ Версия: v1.1.0"
press $STRANGER "❌ Отклонить"
bot_start poll
wait_for 20 "it is said" grep -q telegram_webhook_removed "$T/err.poll"
expect_pressed "вашего id $STRANGER"
expect_equal "the webhook" "" "$(state .webhook.url)"
expect_equal "calls of deleteWebhook that drop updates" "1 0" "$(calls deleteWebhook \
    | jq -r '"\(length) \([.[] | select(.fields.drop_pending_updates == true)] | length)"')"
approval v1.1.0 >"$T/by.poll"
diff "$T/by.hook" "$T/by.poll" || fail "by polling an approval goes another way"

# A second server on the ledger waits; a poller of somebody else's is not fought with.
polling=$SERVING
bot_start second
wait_for 20 "the second one waits" grep -q telegram_polled_elsewhere "$T/err.second"
at_telegram fail '{"method": "getUpdates", "how": 409, "times": 2, "description":
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"}' >/dev/null
version v1.2.0
stage_deploy v1.2.0
expect_exit 0
expect_message "🏷️ Версия: v1.2.0"
press $STRANGER "✅ Подтвердить" # ends the poll that is under way
conflicts() {
    [ "$(calls getUpdates | jq '[.[] | select(.status == 409)] | length')" = 2 ]
}
wait_for 40 "two conflicts" conflicts
press $ANYA "✅ Подтвердить"
expect_shown "$MESSAGE" "⚠️ Подтверждение релиза"
expect_equal "the rest after a conflict" true "$(calls getUpdates \
    | jq '[.[] | select(.status == 409)] | .[1].at - .[0].at >= 3')"
stop "$polling"
press $ANYA "✅ Да, подтвердить"
expect_pressed "✅ Одобрено: v1.2.0"
expect_in "$T/err.second" telegram_polling
expect_not_in "$T/err.hook" test-token
