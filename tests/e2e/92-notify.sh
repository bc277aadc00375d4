#!/usr/bin/env bash
# One message from a command line or a pipe; refused ones are told, parked and found by doctor.
. "$(dirname "$0")/harness.sh"

telegram_lab "chat_id_prod = -2002"
loomrel notify "сборка <b>готова</b> & 'всё' \"хорошо\""
expect_exit 0
expect_message "сборка <b>готова</b> & 'всё' \"хорошо\""
loomrel notify --dry-run "только показать"
expect_exit 0
expect_said "только показать"
expect_equal "messages" 1 "$(messages_of | jq length)"

head -c 200000 /dev/zero | tr '\0' 'я' >"$T/long"
CODE=0
(cd "$T/ci" && env "${ENVIRONMENT[@]}" "$LOOMREL" notify - <"$T/long" >"$T/out" 2>"$T/err") || CODE=$?
expect_exit 0
expect_equal "the file" true \
    "$(messages_of | jq --rawfile long "$T/long" '.[-1].content | rtrimstr("\n") == ($long | rtrimstr("\n"))')"

loomrel notify "   "
expect_exit 2
at_telegram block -2002 >/dev/null
loomrel --json notify --env prod "в закрытый чат"
expect_exit 3
expect_json .error.code message_refused
loomrel notify "дальше"
expect_exit 0
expect_message "дальше"
loomrel --json doctor
expect_json '[.checks[] | select(.where == "telegram" and .check == "getMe")][0].verdict' ok \
    '[.checks[] | select(.check | startswith("notice "))][0].detail' \
    "Forbidden: bot was kicked from the supergroup chat"

ENVIRONMENT=(LOOM_RELEASE_TG_BOT_TOKEN=123456:wrong-token)
loomrel notify "с чужим токеном"
expect_exit 0
expect_said "сохранено"
loomrel --json doctor
expect_json '[.checks[] | select(.check == "getMe")][0].verdict' warning
cat "$T/out" "$T/err" >"$T/said"
expect_not_in "$T/said" wrong-token
expect_sql 0 "SELECT COUNT(*) FROM outbox WHERE error LIKE '%wrong-token%'"
ENVIRONMENT=()
loomrel --json notify "без токена"
expect_exit 2
expect_json .error.code no_bot_token
