#!/usr/bin/env bash
# Whoever approves looks at stage: what the ledger says of it is somebody's word, what serves there is
# not.
. "$(dirname "$0")/harness.sh"

telegram_lab ""
bot_start one
version v1.1.0
stage_deploy v1.1.0
expect_exit 0
id=$(jq .release_id "$T/out")
expect_message "🏷️ Версия: v1.1.0"
# behind TAG [COMMIT]: onto stage past the ledger, as with another one.
behind() {
    ENVIRONMENT+=(LOOMREL_STORE="sqlite://$T/another.db")
    stage_deploy "$1" --commit "$(commit_of "$1")" --older
    expect_exit 0
    unset 'ENVIRONMENT[-1]'
}
press_yes() {
    press $ANYA "✅ Подтвердить"
    expect_shown "$MESSAGE" "⚠️ Подтверждение релиза"
    press $ANYA "✅ Да, подтвердить"
}

behind v1.0.0
press_yes
expect_pressed "На stage работает v1.0.0, а не v1.1.0"
expect_row v1.1.0 status manual_testing
expect_refusals "$id" 1
expect_shown "$MESSAGE" "🚀 Новый релиз готов к тестированию"
loomrel --json release approve "$id" --as $ANYA --yes
expect_exit 3
expect_json .error.code not_on_stage
expect_said v1.0.0 "loomrel stage-deploy --again --service $SERVICE --tag v1.1.0"
expect_row v1.1.0 status manual_testing

# The same tag of another commit is another version.
tested=$(commit_of v1.1.0)
echo other >"$T/dev/$SERVICE/other"
in_dev add -A
in_dev commit -q -m other
in_dev tag -f -a -m moved v1.1.0 >/dev/null 2>&1
in_dev push -q -f origin HEAD:main refs/tags/v1.1.0
behind v1.1.0
press_yes
expect_pressed "работает $(commit_of v1.1.0 | cut -c1-8), а не v1.1.0"
expect_row v1.1.0 status manual_testing
loomrel --json release approve "$id" --as $ANYA
expect_exit 3
expect_said "$(echo "$tested" | cut -c 1-12)"

# What was tested serves again.
in_dev tag -f -a -m back v1.1.0 "$tested" >/dev/null 2>&1
in_dev push -q -f origin refs/tags/v1.1.0
behind v1.1.0
began=$(date +%s%N)
press_yes
expect_pressed "✅ Одобрено: v1.1.0"
echo "a press with a look took $((($(date +%s%N) - began) / 1000000)) ms"
expect_row v1.1.0 status manual_test_passed
