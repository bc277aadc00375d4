#!/usr/bin/env bash
# A tag is pushed, two people press, `serve` deploys it by itself, and one presses it back: what is
# shown on the way is the specification's, letter by letter.
. "$(dirname "$0")/harness.sh"

DEPLOY_TOML='prod_by = "direct"'
telegram_lab 'quorum = 2'
add_prod
# A rollback that takes long enough to be watched.
echo 'hooks.before_rollback = "sleep 3"' >>"$T/ci/loomrel.toml"
bot_start one
expect_not_in "$T/err.one" rollback_not_offered

# A first version, so that there is something to go back to. A `serve` is up: nothing is to be typed.
as_github 4711 1 v1.0.0
stage_deploy v1.0.0
expect_exit 0
loomrel release approve 1 --as $ANYA
loomrel release approve 1 --as $BORIS
expect_exit 0
expect_said "деплой на production начнёт loomrel serve"
expect_not_in "$T/said" "loomrel prod-deploy"
wait_for 30 "v1.0.0 serves on production" serves_now v1.0.0 prod

version v1.1.0
as_github 4712 1 v1.1.0
stage_deploy v1.1.0
expect_exit 0
expect_message "🏷️ Версия: v1.1.0"
notice=$MESSAGE
values="s/loom-content/$SERVICE/; s/v1\.2\.3/v1.1.0/; s/v1\.2\.2/v1.0.0/; s/developer_name/developer/"
expect_equal "the notice" "$(spec_text "🚀 Новый релиз готов к тестированию" "$values")" \
    "$(text_of "$notice" | head -n 5)"

# The menu and the card in the list of what is under way.
at_telegram text $CHAT /start $ANYA Аня >/dev/null
expect_message "🤖 Release Bot"
menu=$MESSAGE
expect_equal "the menu" "$(spec_text "🤖 Release Bot" 's/\{name\}/Аня/')" "$(text_of "$menu")"
expect_equal "the menu's buttons" "$(spec_buttons "🤖 Release Bot")" "$(buttons_of "$menu")"
press $ANYA "🚀 Активные релизы" "$menu"
expect_shown "$menu" v1.1.0
card=$(spec_text "🚀 Активные релизы" "$values")
expect_equal "the card" "$card" "$(text_of "$menu" | sed "/^🔖/,\$d" | without_dates)"
expect_equal "the card's buttons" "$(spec_buttons "🚀 Активные релизы")" \
    "$(buttons_of "$menu" | grep -v История)"

# One says yes to the notice, the other to the card.
press $ANYA "✅ Подтвердить" "$notice"
expect_shown "$notice" "⚠️ Подтверждение релиза"
press $ANYA "✅ Да, подтвердить" "$notice"
expect_pressed "Нужно ещё: 1"
expect_serves v1.0.0 prod
press $BORIS "✅ Подтвердить" "$menu"
expect_shown "$menu" "⚠️ Подтверждение релиза"
press $BORIS "✅ Да, подтвердить" "$menu"
expect_pressed "✅ Одобрено: v1.1.0 идёт на production"
wait_for 30 "v1.1.0 serves on production" serves_now v1.1.0 prod
LIMIT=30 expect_shown "$notice" "✅ Релиз задеплоен на production"
expect_equal "the notice's buttons" "" "$(buttons_of "$notice")"
expect_moves v1.1.0 "initiated building stage_deploy manual_testing manual_test_passed deploying deployed"
expect_row v1.1.0 status deployed commit_sha "$(commit_of v1.1.0)"
expect_equal "what GitHub was told" 0 "$(at_github runs | jq length)"
expect_log_form "$T/prod/log/production/$SERVICE/v1.1.0-prod.log"

# What serves is taken back. Boris approves, but he may not do this.
at_telegram text $CHAT /start $ANYA Аня >/dev/null
expect_message "🤖 Release Bot"
list=$MESSAGE
press $ANYA "✅ Успешные релизы" "$list"
expect_shown "$list" v1.1.0
expect_equal "the card" "$(spec_text "✅ Успешные релизы" "s/v1\.2\.2/v1.1.0/; $values")" \
    "$(text_of "$list" | grep -v Одобрили | without_dates)"
expect_equal "the card's buttons" "$(spec_buttons "✅ Успешные релизы")" \
    "$(buttons_of "$list" | grep -v -e История -e 1/2)"
press $BORIS "⏪ Откатить" "$list"
expect_pressed "Откатывать могут admins из настроек, вашего id $BORIS среди них нет."
expect_refusals 2 1
press $ANYA "⏪ Откатить" "$list"
expect_shown "$list" "На какую версию откатить?"
press $ANYA "v1.0.0" "$list"
expect_shown "$list" "⚠️ Подтверждение отката"
expect_equal "the question" "$(spec_text "⚠️ Подтверждение отката" "$values")" \
    "$(text_of "$list" | without_dates)"
expect_equal "its buttons" "$(spec_buttons "⚠️ Подтверждение отката")" "$(buttons_of "$list")"
press $BORIS "✅ Да, откатить" "$list"
expect_refusals 2 2
expect_serves v1.1.0 prod
press $ANYA "✅ Да, откатить" "$list"
expect_shown "$list" "⏪ Выполняется откат"
# Pressed once more while it goes on: nothing of it happens twice.
at_telegram repeat "$(jq .update "$T/press")" >/dev/null
LIMIT=40 expect_shown "$list" "✅ Откат выполнен: работает v1.0.0"
expect_equal "a step was shown while it went on" true "$(at_telegram calls | jq '[.[]
    | select(.method == "editMessageText") | .fields.text | contains("⏳ Хук before_rollback")] | any')"
expect_serves v1.0.0 prod
expect_row v1.1.0 status rollback_done rollback_to_tag v1.0.0
expect_row v1.0.0 status deployed
expect_sql "Аня|bot
Аня|journal" "SELECT actor, source FROM release_events WHERE release_id = 2 \
AND to_status LIKE 'rollback%' ORDER BY id"
expect_sql 1 "SELECT count(*) FROM runs WHERE kind = 'rollback'"
expect_message "✅ Откат выполнен
"
expect_equal "who it was, in the notice" "👤 Кто: Аня|⏪ Откат на tag: v1.0.0" \
    "$(text_of "$MESSAGE" | grep -e Кто -e Откат.на | paste -sd '|')"
press $ANYA "Назад" "$list"
expect_shown "$list" "🔄 Статус: ✅ Откат выполнен"

# Without credentials for production nothing is offered, and it is said where one looks.
stop "$SERVING"
sed -i '/^PROD_/d' "$T/ci/.env.servers"
ENVIRONMENT=(LOOM_RELEASE_TG_BOT_TOKEN=123456:test-token LOOM_INTERSERVER_SECRET_KEY=a-secret-of-servers)
bot_start two
expect_equal "why there is no ⏪, in the log" "$SERVICE true" "$(jq -r 'select(.event ==
    "rollback_not_offered") | "\(.service) \(.reason | contains("prod"))"' "$T/err.two")"
press $ANYA "🔄 Обновить" "$list"
expect_equal "a button" "" "$(sleep 1; buttons_of "$list" | grep ⏪ || :)"
press $ANYA "data:os:1:" "$list"
expect_pressed "prod"
loomrel --json doctor --env stage
expect_equal "what doctor says" "warning true" "$(jq -r --arg what "⏪ $SERVICE" '.checks[]
    | select(.what == $what or .check == $what) | "\(.verdict) \(.detail | contains("PROD_HOST"))"' "$T/out")"
