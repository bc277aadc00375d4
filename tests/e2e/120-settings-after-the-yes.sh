#!/usr/bin/env bash
# What was shown is what is approved: a setting of production that changes after the yes stops the
# deploy, and QA is asked once more, with its name.
. "$(dirname "$0")/harness.sh"

telegram_lab ""
add_prod
bot_start one
approve() {
    press $ANYA "✅ Подтвердить"
    expect_shown "$MESSAGE" "⚠️ Подтверждение релиза"
    press $ANYA "✅ Да, подтвердить"
    expect_pressed "✅ Одобрено: $1"
}
prod_deploy() {
    loomrel --json prod-deploy --service "$SERVICE" --tag "$1" --release-id "$2"
}

stage_deploy v1.0.0
expect_exit 0
expect_message "🏷️ Версия: v1.0.0"
approve v1.0.0
prod_deploy v1.0.0 1
expect_exit 0
expect_serves v1.0.0 prod

version v1.1.0
stage_deploy v1.1.0
expect_exit 0
expect_message "🚀 Новый релиз готов к тестированию"
expect_shown "$MESSAGE" "🔖 Коммит: $(commit_of v1.1.0 | cut -c 1-8)"
text_of "$MESSAGE" >"$T/call"
expect_not_in "$T/call" "⚙️"
press $ANYA "✅ Подтвердить"
expect_shown "$MESSAGE" "⚠️ Подтверждение релиза"
shows "$MESSAGE" "по словам CI" && fail "this server looks itself"
press $ANYA "Назад"
expect_shown "$MESSAGE" "🚀 Новый релиз готов к тестированию"
approve v1.1.0

# Written after the yes.
echo 'hooks.before_up = "true"' >>"$T/ci/loomrel.toml"
prod_deploy v1.1.0 2
expect_exit 3
expect_json .error.code settings_differ
expect_said hooks.before_up
expect_serves v1.0.0 prod
expect_row v1.1.0 status manual_testing
expect_message "⚙️ Настройки production изменились, релиз нужно одобрить ещё раз"
expect_shown "$MESSAGE" "⚙️ Настройки production изменились: hooks.before_up"
# The yes of before does not count any more.
prod_deploy v1.1.0 2
expect_exit 3
expect_serves v1.0.0 prod
loomrel --json release events 2
expect_json '[.events[] | select(.detail.reason == "settings_differ") | .detail.settings[]] | join(" ")' hooks.before_up
at_terminal "" --lang en release events 2
expect_said "production's settings have changed: hooks.before_up"

approve v1.1.0
prod_deploy v1.1.0 2
expect_exit 0
expect_serves v1.1.0 prod

# What is known before the yes is shown with the call.
echo 'hooks.after_up = "true"' >>"$T/ci/loomrel.toml"
version v1.2.0
stage_deploy v1.2.0
expect_exit 0
expect_message "🏷️ Версия: v1.2.0"
expect_shown "$MESSAGE" "⚙️ Настройки production изменились: hooks.after_up"
approve v1.2.0
prod_deploy v1.2.0 3
expect_exit 0
expect_serves v1.2.0 prod
