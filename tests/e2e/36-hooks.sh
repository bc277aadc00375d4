#!/usr/bin/env bash
# The service's own commands around a switch: what each is told, and what becomes of a deploy, a
# restore and a rollback when one of them fails.
. "$(dirname "$0")/harness.sh"
# Each writes down what it is told, and fails when the test has put its name there.
hooks=''
for h in before_up after_up before_rollback on_failure; do
    hooks+="hooks.$h = \"sh \\\"\$HOME/hook\\\" $h\"
"
done
SERVICE_TOML="health_attempts = 1
$hooks"
lab command
cat >"$T/stage/home/hook" <<'EOF_HOOK'
echo "$1: kind=$LOOMREL_KIND service=$LOOMREL_SERVICE tag=$LOOMREL_TAG target=$LOOMREL_TARGET_TAG" \
    "previous=$LOOMREL_PREVIOUS_TAG env=$LOOMREL_ENVIRONMENT commit=$LOOMREL_COMMIT" \
    "release=$LOOMREL_RELEASE_ID tree=$(git rev-parse HEAD)" >>"$HOME/hooked"
echo "$1 speaks up" >&2
! grep -qsx "$1" "$HOME/bad"
EOF_HOOK

# told LINE…: what was called since the last time, in this order and with these values.
told() {
    printf '%s\n' "$@" >"$T/wanted"
    diff "$T/wanted" "$T/stage/home/hooked" >&2 || fail "the hooks were told something else"
    : >"$T/stage/home/hooked"
}
# line HOOK KIND TAG TARGET PREVIOUS TREE RELEASE
line() {
    echo "$1: kind=$2 service=$SERVICE tag=$3 target=$4 previous=$5 env=stage" \
        "commit=$(commit_of "$4") release=$7 tree=$(commit_of "$6")"
}
bad() {
    printf '%s\n' "$@" >"$T/stage/home/bad"
}

stage_deploy v1.0.0
expect_exit 0
told "$(line before_up deploy v1.0.0 v1.0.0 '' v1.0.0 1)" \
    "$(line after_up deploy v1.0.0 v1.0.0 '' v1.0.0 1)"
version v1.1.0
stage_deploy v1.1.0
expect_exit 0
told "$(line before_up deploy v1.1.0 v1.1.0 v1.0.0 v1.1.0 2)" \
    "$(line after_up deploy v1.1.0 v1.1.0 v1.0.0 v1.1.0 2)"
log=$T/stage/log/$SERVICE/v1.1.0.log
expect_order "$log" 'Начинаем сборку' 'Выполняем хук before_up' '    before_up speaks up' \
    'Health check пройден' 'Выполняем хук after_up' '    after_up speaks up' 'успешно развернут'
expect_log_form "$log"

# Before the switch: nothing was started, so nothing is brought back.
version v1.2.0
bad before_up
stage_deploy v1.2.0
expect_exit 1
expect_json .status staging_failed .failure.step before_up .failure.code hook_failed \
    '.hosts[0].serves' v1.1.0 '.hosts[0].restored' false
expect_ups 0 v1.2.0
expect_serves v1.1.0
told "$(line before_up deploy v1.2.0 v1.2.0 v1.1.0 v1.2.0 3)" \
    "$(line on_failure deploy v1.2.0 v1.2.0 v1.1.0 v1.2.0 3)"
log=$T/stage/log/$SERVICE/v1.2.0.log
expect_order "$log" 'Хук before_up завершился с ошибкой' 'не удался' 'Выполняем хук on_failure' \
    '    on_failure speaks up'
expect_said 'hook before_up: sh "$HOME/hook" before_up'

# Behind it: what served before is brought back, and first the way down is walked where before_up
# had walked it up: in the newer tree, before the checkout. That this fails stops nothing.
bad after_up before_rollback on_failure
version v1.3.0
stage_deploy v1.3.0
expect_exit 1
expect_json .failure.step after_up .failure.code hook_failed '.hosts[0].serves' v1.1.0 \
    '.hosts[0].restored' true '.failure.command | contains("after_up")' true
expect_serves v1.1.0
expect_row v1.3.0 status staging_failed rollback_to_tag v1.1.0
told "$(line before_up deploy v1.3.0 v1.3.0 v1.1.0 v1.3.0 4)" \
    "$(line after_up deploy v1.3.0 v1.3.0 v1.1.0 v1.3.0 4)" \
    "$(line before_rollback restore v1.3.0 v1.1.0 v1.3.0 v1.3.0 4)" \
    "$(line on_failure deploy v1.3.0 v1.3.0 v1.1.0 v1.1.0 4)"
expect_order "$T/stage/log/$SERVICE/v1.3.0.log" 'Хук after_up завершился с ошибкой' \
    'Возвращаем v1.1.0' 'Хук before_rollback завершился с ошибкой' 'Снова работает v1.1.0'

# What failed stays the reason, whatever a hook says about it afterwards.
bad on_failure
version v1.3.1 --unhealthy
stage_deploy v1.3.1
expect_exit 1
expect_json .failure.step health .failure.code health_failed '.hosts[0].serves' v1.1.0
: >"$T/stage/home/hooked"

# A rollback stops at its hook, before anything is switched …
version v1.4.0
bad before_rollback
stage_deploy v1.4.0
expect_exit 0
: >"$T/stage/home/hooked"
loomrel --json rollback --env stage --service "$SERVICE" --yes
expect_exit 1
expect_json .failure.step before_rollback .failure.code hook_failed '.hosts[0].serves' v1.4.0
expect_serves v1.4.0
expect_ups 3 v1.1.0
told "$(line before_rollback rollback v1.1.0 v1.1.0 v1.4.0 v1.4.0 '')" \
    "$(line on_failure rollback v1.1.0 v1.1.0 v1.4.0 v1.4.0 '')"
expect_in "$T/stage/log/rollback/$SERVICE/v1.1.0-rollback.log" 'Ошибка при выполнении отката'

# … and goes on without it when told so.
loomrel --json rollback --env stage --service "$SERVICE" --yes --skip-hooks
expect_exit 0
expect_json .ok true '.hosts[0].serves' v1.1.0
expect_serves v1.1.0
expect_equal "hooks that were called" "" "$(cat "$T/stage/home/hooked")"

# A rehearsal walks down in the newer tree, and up again in the newer tree.
bad none
version v1.5.0
stage_deploy v1.5.0 --rehearse-rollback
expect_exit 0
r=$(sql "SELECT max(id) FROM releases")
told "$(line before_up deploy v1.5.0 v1.5.0 v1.1.0 v1.5.0 "$r")" \
    "$(line after_up deploy v1.5.0 v1.5.0 v1.1.0 v1.5.0 "$r")" \
    "$(line before_rollback rehearsal v1.5.0 v1.1.0 v1.5.0 v1.5.0 "$r")" \
    "$(line before_up rehearsal v1.5.0 v1.5.0 v1.1.0 v1.5.0 "$r")" \
    "$(line after_up rehearsal v1.5.0 v1.5.0 v1.1.0 v1.5.0 "$r")"
