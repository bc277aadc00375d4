#!/usr/bin/env bash
# Telegram is away while a tag is deployed: the deploy is none the later for it, and when Telegram
# is back every notice arrives, in order, once. 429 is obeyed.
. "$(dirname "$0")/harness.sh"

telegram_lab ""
at_telegram away on >/dev/null
stage_deploy v1.0.0
expect_exit 0
expect_json .status manual_testing
expect_equal "what waits" 1 "$(sql "SELECT COUNT(*) FROM outbox WHERE state = 'waiting'")"
loomrel notify "первое"
expect_exit 0
expect_said "сохранено"
loomrel notify "второе"
expect_exit 0

at_telegram away off >/dev/null
at_telegram fail '{"method": "sendMessage", "how": 429, "retry_after": 2, "times": 1}' >/dev/null
bot_start one
expect_message "второе"
expect_equal "what arrived" "🚀 Новый релиз готов к тестированию|первое|второе" \
    "$(messages_of | jq -r '[.[].text | split("\n")[0]] | join("|")')"
expect_equal "the wait between the refusal and the next try" true "$(at_telegram calls | jq '
    [.[] | select(.method == "sendMessage" and .status != null)] | map(select(.status == 429)) as $no
    | map(select(.status == 200)) as $yes | $yes[0].at - $no[0].at >= 2')"
expect_sql 0 "SELECT COUNT(*) FROM outbox WHERE state <> 'sent'"
