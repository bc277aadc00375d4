#!/usr/bin/env bash
# Who may not, or comes too late, or presses what nobody offered: a polite no, nothing decided, and
# an event that says so.
. "$(dirname "$0")/harness.sh"

telegram_lab ""
bot_start one
staged() {
    version "$1"
    stage_deploy "$1" --older
    expect_exit 0
    expect_message "🏷️ Версия: $1"
}
# forge USER DATA [CHAT]: a press that no button offers.
forge() {
    at_telegram press "${3:-$CHAT}" "$MESSAGE" "data:$2" "$1" >"$T/press"
}
digits() {
    commit_of "$1" | cut -c 1-8
}
confirm() {
    press $ANYA "✅ Подтвердить" "$1"
    expect_shown "$1" "⚠️ Подтверждение релиза"
}

staged v1.1.0
# A stranger, in the group and in a chat of his own.
press $STRANGER "✅ Подтвердить"
expect_pressed "вашего id $STRANGER среди них нет"
expect_refusals 1 1
notice=$MESSAGE
at_telegram text $STRANGER /start $STRANGER >/dev/null
expect_message "вашего id $STRANGER нет в настройках" $STRANGER
forge $STRANGER "An:1:$(digits v1.1.0)" $STRANGER
expect_refusals 1 2
MESSAGE=$notice

# Buttons that nobody made.
forge $ANYA "An:1:00000000"
expect_pressed "Тег v1.1.0 указывает уже на другой коммит"
expect_refusals 1 3
forge $ANYA "An:1:$(digits v1.1.0) OR 1=1"
expect_pressed "Эта кнопка устарела"
forge $ANYA "An:4711:$(digits v1.1.0)"
expect_pressed "Такого релиза нет"
forge $BORIS "Yn:1:01234567.89abcdef"
expect_pressed "Откатывать могут admins"
expect_refusals 1 4
forge $ANYA "Yn:1:01234567.89abcdef"
expect_pressed "prod"
expect_refusals 1 5

# One who approved yesterday and is not on the list today.
confirm "$MESSAGE"
stop "$SERVING"
sed -i "s/^approvers = .*/approvers = [$BORIS]/" "$T/ci/loomrel.toml"
bot_start two
press $ANYA "✅ Да, подтвердить"
expect_pressed "вашего id $ANYA среди них нет"
expect_refusals 1 6
expect_row v1.1.0 status manual_testing
stop "$SERVING"
sed -i "s/^approvers = .*/approvers = [$ANYA, $BORIS]/" "$T/ci/loomrel.toml"
bot_start three

# Stage serves another by now: the question is gone, and whoever still sees it hears why.
old=$MESSAGE
staged v1.2.0
expect_shown "$old" "v1.2.0"
expect_equal "buttons of what is outrun" "" "$(buttons_of "$old")"
new=$MESSAGE MESSAGE=$old
forge $ANYA "An:1:$(digits v1.1.0)"
MESSAGE=$new
expect_pressed "Релиз v1.1.0 обогнан: v1.2.0"
expect_refusals 1 7
expect_row v1.1.0 status manual_testing

# The tag was moved, and what it is now was deployed.
confirm "$MESSAGE"
old=$MESSAGE was=$(digits v1.2.0)
echo other >"$T/dev/$SERVICE/other"
in_dev add -A
in_dev commit -q -m other
in_dev tag -f -a -m moved v1.2.0 >/dev/null 2>&1
in_dev push -q -f origin HEAD:main refs/tags/v1.2.0
loomrel --json stage-deploy --service "$SERVICE" --tag v1.2.0 --commit "$(commit_of v1.2.0)" --older
expect_exit 0
moved=$(jq .release_id "$T/out")
MESSAGE=$old
forge $ANYA "An:2:$was+1"
expect_pressed "Релиз v1.2.0 обогнан"
expect_refusals 2 1
expect_sql "manual_testing" "SELECT status FROM releases WHERE id = 2"

# A message of yesterday: the release has been decided about since then.
wait_for 20 "the new release's notice" eval \
    "[ \"\$(message_with '🏷️ Версия: v1.2.0')\" != $old ]"
MESSAGE=$(message_with "🏷️ Версия: v1.2.0")
press $BORIS "❌ Отклонить"
expect_shown "$MESSAGE" "⚠️ Отклонение релиза"
loomrel release approve "$moved" --as $ANYA
expect_exit 0
loomrel release reject "$moved" --as $ANYA
expect_exit 0
curl -fsS "$FAKE_TELEGRAM/control/press" -H 'Content-Type: application/json' -d "{\"chat\":$CHAT,
\"message\":$MESSAGE,\"button\":\"data:An:$moved:$(digits v1.2.0)\",\"user\":$BORIS,\"inaccessible\":true}" >/dev/null
expect_pressed "Решать уже нечего. Сейчас: ❌ Тесты не пройдены"
expect_refusals "$moved" 1

# An approval that nobody used in time is asked for anew.
at_github fail '{"method": "dispatch", "how": 404}' >/dev/null
staged v1.3.0
confirm "$MESSAGE"
press $ANYA "✅ Да, подтвердить"
expect_pressed "✅ Одобрено: v1.3.0"
expect_message "❌ GitHub не запустил деплой на production"
# Nothing that Telegram refused: doctor says what has to be mended.
loomrel --json doctor --env stage
expect_json "[.checks[] | select(.check == \"dispatch $((moved + 1))\")][0].detail" "HTTP 404: as a test wants" \
    '[.checks[] | select(.check | startswith("notice "))] | length' 0
stop "$SERVING"
sed -i '/^approvers/a approval_expires = "1s"' "$T/ci/loomrel.toml"
sleep 1
bot_start four
expect_message "⌛ Одобрение истекло, релиз нужно проверить ещё раз"
expect_row v1.3.0 status manual_testing
expect_sql 1 "SELECT count(*) FROM release_events WHERE detail LIKE '%approval_expired%'"
forge $ANYA "gn:$((moved + 1)):"
expect_pressed "Решать уже нечего. Сейчас: 🧪 Ручное тестирование"
# Who was told no can be looked up where the release is.
at_telegram text $CHAT /start $ANYA >/dev/null
expect_message "🤖 Release Bot"
forge $ANYA "ha:1:"
expect_message "🚫 отказано"
