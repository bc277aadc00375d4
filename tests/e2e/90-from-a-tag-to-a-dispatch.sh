#!/usr/bin/env bash
# A tag is deployed to stage, QA is called with buttons, two people approve, GitHub is told once.
. "$(dirname "$0")/harness.sh"

telegram_lab 'quorum = 2'
stage_deploy v1.0.0
expect_exit 0
expect_message "🚀 Новый релиз готов к тестированию"
expect_equal "the notice" "🚀 Новый релиз готов к тестированию
📦 Сервис: $SERVICE
🏷️ Версия: v1.0.0
👤 Инициатор: $(id -un)" "$(messages_of | jq -r '.[-1].text' | head -n 4)"
expect_equal "its buttons" "✅ Подтвердить ❌ Отклонить" \
    "$(messages_of | jq -r '[.[-1].reply_markup.inline_keyboard[][].text] | join(" ")')"

bot_start one
press $ANYA "✅ Подтвердить"
expect_message "⚠️ Подтверждение релиза"
press $ANYA "✅ Да, подтвердить"
expect_pressed "Нужно ещё: 1"
expect_message "✅ Одобрили: Аня (1 из 2)"
expect_row v1.0.0 status manual_testing
press $STRANGER "✅ Подтвердить"
expect_pressed "$STRANGER"
press $BORIS "✅ Подтвердить"
expect_message "⚠️ Подтверждение релиза"
press $BORIS "✅ Да, подтвердить"
expect_pressed "✅ Одобрено: v1.0.0 идёт на production"
expect_row v1.0.0 status manual_test_passed
dispatched() {
    [ "$(at_github runs | jq length)" = "$1" ]
}
wait_for 20 "the dispatch at GitHub" dispatched 1
expect_equal "what GitHub was told" "1 v1.0.0" \
    "$(at_github runs | jq -r '.[0].inputs | "\(.release_id) \(.release_tag)"')"
expect_message "✅ Релиз одобрен и ждёт деплоя на production"
expect_equal "messages about it" 1 "$(messages_of | jq length)"

# The same press once more, and the server anew: still one run.
at_telegram repeat "$(jq .update "$T/press")" >/dev/null
stop "$SERVING"
bot_start two
sleep 2
dispatched 1 || fail "GitHub was told more than once"

# By hand only if somebody insists; what serve knows of it stays true.
loomrel --json release dispatch 1
expect_exit 3
expect_json .error.code dispatched
# What serve was not told by GitHub is not promised.
expect_sql "" "SELECT error FROM outbox WHERE kind = 'dispatch'"
link=$(sql "SELECT run_link FROM outbox WHERE kind = 'dispatch'")
sql "UPDATE outbox SET run_link = '' WHERE kind = 'dispatch'"
loomrel release dispatch 1
expect_exit 3
expect_said "GitHub уже запускал деплой этого релиза"
expect_not_in "$T/said" "релиза:"
sql "UPDATE outbox SET run_link = '$link' WHERE kind = 'dispatch'"
loomrel --json release dispatch 1 --yes
expect_exit 0
dispatched 2 || fail "nothing was dispatched by hand"
# Nor is one that was asked for and not answered asked for twice.
stop "$SERVING"
sql "UPDATE outbox SET state = 'waiting', phase = '', run_link = '' WHERE kind = 'dispatch'"
at_github fail '{"method": "dispatch", "how": "drop", "times": 1}' >/dev/null
loomrel release dispatch 1
expect_exit 7
loomrel release dispatch 1
expect_exit 3
expect_said "запустился ли он, пока неизвестно" "--yes"
dispatched 3 || fail "a request without an answer was repeated"
expect_sql 1 "SELECT COUNT(*) FROM release_events WHERE detail LIKE '%stranger%' OR detail LIKE '%$STRANGER%'"
expect_not_in "$T/err.one" test-token
