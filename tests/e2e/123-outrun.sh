#!/usr/bin/env bash
# A version whose place on stage another took waits for nobody: it says by what it was outrun, and
# comes back with stage. What was approved before still goes to production.
. "$(dirname "$0")/harness.sh"

telegram_lab ""
add_prod
bot_start one
staged() {
    stage_deploy "$@"
    expect_exit 0
    ID_OF=$(jq .release_id "$T/out")
}
prod_deploy() {
    loomrel --json prod-deploy --service "$SERVICE" --tag "$1" --release-id "$2"
}
approve() {
    press $ANYA "✅ Подтвердить"
    expect_shown "$MESSAGE" "⚠️ Подтверждение релиза"
    press $ANYA "✅ Да, подтвердить"
    expect_pressed "✅ Одобрено: $1"
}
listed() {
    loomrel --json release list "$1"
    jq -r '[.releases[].release_tag] | sort | join(" ")' "$T/out"
}

version v1.2.3
staged v1.2.3
approved=$ID_OF
expect_message "🏷️ Версия: v1.2.3"
approve v1.2.3
# While it is being dispatched the next one comes to stage.
version v1.2.4
staged v1.2.4
four=$ID_OF
expect_message "🏷️ Версия: v1.2.4"
notice=$MESSAGE
prod_deploy v1.2.3 "$approved"
expect_exit 0
expect_serves v1.2.3 prod

version v1.2.5
staged v1.2.5
five=$ID_OF
expect_shown "$notice" "⏭️ Релиз обогнан: v1.2.5"
expect_equal "buttons of what is outrun" "" "$(buttons_of "$notice")"
expect_equal "the active list" v1.2.5 "$(listed --active)"
expect_equal "the outrun list" v1.2.4 "$(listed --outrun)"
loomrel --json release show "$four"
expect_json .superseded_by "$five" .status manual_testing
loomrel --lang en release show "$four"
expect_said "Outrun by v1.2.5" "loomrel stage-deploy --again --service $SERVICE --tag v1.2.4"
loomrel --json release approve "$four" --as $ANYA
expect_exit 3
expect_json .error.code outrun
at_telegram press "$CHAT" "$notice" "data:An:$four:$(commit_of v1.2.4 | cut -c 1-8)+1" $ANYA >/dev/null
expect_pressed "Релиз v1.2.4 обогнан: v1.2.5"
expect_row v1.2.4 status manual_testing

# In the bot it lies behind 📈.
at_telegram text $CHAT /start $ANYA Аня >/dev/null
expect_message "🤖 Release Bot"
menu=$MESSAGE
press $ANYA "🚀 Активные релизы" "$menu"
expect_shown "$menu" v1.2.5
press $ANYA "📈 История" "$menu"
expect_shown "$menu" "📈 История"
press $ANYA "⏭️ Обогнанные релизы" "$menu"
expect_shown "$menu" "⏭️ Обогнан: v1.2.5"
expect_equal "decisions on what is outrun" "" "$(buttons_of "$menu" | grep -e ✅ -e ❌ || :)"

# Stage serves it again: its buttons are back, and the other is outrun.
staged v1.2.4 --older
listed --outrun >"$T/outrun"
expect_in "$T/outrun" v1.2.5
expect_message "🏷️ Версия: v1.2.4"
expect_equal "its buttons" "[✅ Подтвердить] [❌ Отклонить]" "$(buttons_of "$MESSAGE")"
approve v1.2.4
prod_deploy v1.2.4 "$four"
expect_exit 0
expect_serves v1.2.4 prod
