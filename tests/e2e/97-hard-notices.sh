#!/usr/bin/env bash
# Notices that are hard to deliver: markup where names stand, an error of 200 kB, a chat that has
# thrown the bot out, a Telegram that asks for five seconds.
. "$(dirname "$0")/harness.sh"

telegram_lab 'chat_id_stage = -1002'
mine=("${ENVIRONMENT[@]}")
bot_start one
version v1.1.0-rc.1 --build 'head -c 200000 /dev/zero | tr "\0" "<"; echo; echo "error: <b>&amp;</i> 🚀 $(head -c 3000 /dev/zero | tr "\0" "&")"; exit 3'
as_github 1 1 v1.1.0-rc.1
ENVIRONMENT+=(GITHUB_ACTOR='<b>eve</b>&lt;')
stage_deploy v1.1.0-rc.1
expect_exit 1
expect_message "❌ Релиз не развернулся на stage" -1002
text_of "$MESSAGE" -1002 >"$T/text"
expect_in "$T/text" "👤 Инициатор: <b>eve</b>&lt;" "🏷️ Версия: v1.1.0-rc.1" "error: <b>&amp;</i> 🚀 &&&"
[ "$(wc -m <"$T/text")" -le 4096 ] || fail "the message has $(wc -m <"$T/text") characters"
! grep -q "$(printf '\357\277\275')" "$T/text" || fail "a character was cut"
expect_equal "texts that Telegram could not parse" 0 "$(at_telegram calls \
    | jq '[.[] | select(.status == 400)] | length')"

# Thrown out of one chat: the other hears what there is, at once, and doctor names the first.
at_telegram block -1002 >/dev/null
version v1.2.0
as_github 2 1 v1.2.0
stage_deploy v1.2.0
expect_exit 0
ENVIRONMENT=("${mine[@]}")
loomrel notify "остальным"
expect_exit 0
expect_message "остальным"
parked() {
    [ "$(sql "SELECT count(*) FROM outbox WHERE state = 'parked'")" = 1 ]
}
wait_for 20 "the refused notice is put aside" parked
loomrel --json doctor --env stage
expect_said "bot was kicked from the supergroup chat"

at_telegram fail "{\"method\": \"sendMessage\", \"chat\": $CHAT, \"how\": 429, \"retry_after\": 5, \"times\": 1}" >/dev/null
loomrel notify "первое"
expect_exit 0
loomrel notify "второе"
expect_exit 0
expect_message "второе"
expect_equal "the wait, and the order" "true первое второе" "$(at_telegram calls | jq -r --argjson chat $CHAT '
    [.[] | select(.method == "sendMessage" and .fields.chat_id == $chat)] as $all
    | ($all | map(.status == 429) | index(true)) as $no | $all[$no + 1:] as $later
    | "\($later[0].at - $all[$no].at >= 5) \([$later[:2][].fields.text | split("\n")[0]] | join(" "))"')"
