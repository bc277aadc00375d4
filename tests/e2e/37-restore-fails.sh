#!/usr/bin/env bash
# What served before cannot be brought back: the exit code, the log and the message say so plainly,
# and name what serves now, be it nothing.
. "$(dirname "$0")/harness.sh"
SERVICE_TOML='health_attempts = 1
hooks.after_up = "sh \"$HOME/after_up\""'
lab command
trees=$T/stage/state/stage/$SERVICE/trees
# after_up SHELL TEXT: what happens to the host behind the next switch.
after_up() {
    echo "$1" >"$T/stage/home/after_up"
}
stop_it="rm -f \"\$HOME/commit\"; for p in \$(pgrep -f '^busybox httpd -p 127.0.0.1:$SERVICE_PORT '); do kill \"\$p\"; done"

after_up :
stage_deploy v1.0.0
expect_exit 0

# The old version is no longer well when it is back.
version v1.1.0
after_up "rm '$trees/$(commit_of v1.0.0)/www/health'; exit 1"
stage_deploy v1.1.0
expect_exit 1
expect_json .exit 1 .status staging_failed .failure.step after_up '.hosts[0].restored' false \
    '.hosts[0].serves' v1.0.0
expect_row v1.1.0 status staging_failed
expect_moves v1.1.0 "initiated building stage_deploy staging_failed"
log=$T/stage/log/$SERVICE/v1.1.0.log
expect_order "$log" 'Возвращаем v1.0.0' 'Health check не пройден после 1 попыток' \
    '❌ Вернуть прежнюю версию не удалось, сервис может не работать!' 'не удался'
expect_log_form "$log"
expect_said '❗ вернуть прежнюю версию не удалось, сервис может не работать; сейчас: v1.0.0'
expect_not_in "$T/said" 'прежняя версия возвращена'

# It does not even start, and the new one is gone: nothing serves.
version v1.2.0
after_up :
stage_deploy v1.2.0
expect_exit 0
version v1.3.0
after_up "echo \"$(sed 's/["$]/\\&/g' <<<"$stop_it"); exit 9\" >'$trees/$(commit_of v1.2.0)/up.sh'; exit 1"
stage_deploy v1.3.0
expect_exit 1
expect_serves ''
expect_json .status staging_failed '.hosts[0].restored' false '.hosts[0].serves' ''
expect_said 'сервис может не работать; сейчас: ничего'
expect_in "$T/stage/log/$SERVICE/v1.3.0.log" \
    '❌ Вернуть прежнюю версию не удалось, сервис может не работать!'
expect_row v1.3.0 status staging_failed
loomrel --json status
expect_json '.services[0].serves' ''

# Nothing served before: what was put here last is tried, and fails again; that too is said.
version v1.4.0
after_up "$stop_it; exit 1"
stage_deploy v1.4.0
expect_exit 1
expect_serves ''
expect_in "$T/stage/log/$SERVICE/v1.4.0.log" 'Возвращаем v1.2.0' \
    '❌ Вернуть прежнюю версию не удалось, сервис может не работать!'
expect_said 'сервис может не работать; сейчас: ничего'

# A rollback whose target is not well: what served before it is back.
after_up :
for v in v1.5.0 v1.6.0; do
    version $v
    stage_deploy $v
    expect_exit 0
done
rm "$trees/$(commit_of v1.5.0)/www/health"
loomrel --json rollback --env stage --service "$SERVICE" --yes
expect_exit 1
expect_said 'Ошибка при выполнении отката' 'v1.6.0'
expect_serves v1.6.0
