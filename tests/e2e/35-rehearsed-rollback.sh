#!/usr/bin/env bash
# --rehearse-rollback goes back and forth on stage before anybody is called; a way back that does not
# work is a failed deploy, and what serves then is said.
. "$(dirname "$0")/harness.sh"
SERVICE_TOML='health_attempts = 1'
lab command

rehearse() {
    stage_deploy "$1" --rehearse-rollback
}

# Where nothing served before there is nothing to rehearse, and that is no failure.
rehearse v1.0.0
expect_exit 0
expect_json .status manual_testing
expect_in "$T/stage/log/$SERVICE/v1.0.0.log" 'Репетировать откат не на чем'

version v1.1.0
rehearse v1.1.0
expect_exit 0
expect_json .status manual_testing '.hosts[0].serves' v1.1.0 '.hosts[0].steps[-1].name' rehearse
expect_serves v1.1.0
expect_equal "what was started" "v1.0.0 v1.1.0 v1.0.0 v1.1.0" "$(xargs <"$T/stage/home/ups")"
log=$T/stage/log/$SERVICE/v1.1.0.log
expect_order "$log" 'Репетиция отката: возвращаем v1.0.0' 'Health check пройден' \
    'Репетиция отката: снова ставим v1.1.0' 'Health check пройден' 'Откат отрепетирован' \
    'Тег v1.1.0 успешно развернут'
expect_log_form "$log"
expect_moves v1.1.0 "initiated building stage_deploy manual_testing"
# It counts as deployed, not as gone back to: the next rollback needs no second thought.
loomrel --json status
expect_json '.services[0].serves' v1.1.0 '.services[0].back_to' v1.0.0

# The version to go back to does not get well again: the new one, which is good, comes back.
version v1.2.0
rm "$T/stage/state/stage/$SERVICE/trees/$(commit_of v1.1.0)/www/health"
rehearse v1.2.0
expect_exit 1
expect_json .status staging_failed .failure.step rehearse .failure.code rehearsal_failed \
    '.hosts[0].serves' v1.2.0 '.hosts[0].restored' true
expect_serves v1.2.0
expect_row v1.2.0 status staging_failed rollback_to_tag v1.2.0
expect_moves v1.2.0 "initiated building stage_deploy staging_failed"
expect_order "$T/stage/log/$SERVICE/v1.2.0.log" 'Репетиция отката: возвращаем v1.1.0' \
    'Health check не пройден после 1 попыток' 'Возвращаем v1.2.0' 'Снова работает v1.2.0'
expect_said 'Репетиция отката не удалась' 'сейчас работает: v1.2.0'
expect_not_in "$T/said" 'прежняя версия'

# Killed on its way back: nobody has to come, the new one is there again.
version v1.3.0
sed -i '1i [ "$LOOMREL_KIND" != rehearsal ] || { touch "$HOME/going"; sleep 30; }' "$T/dev/$SERVICE/up.sh"
version v1.4.0
stage_deploy v1.4.0
expect_exit 0
version v1.5.0
loomrel_start killed --json stage-deploy --service "$SERVICE" --tag v1.5.0 --rehearse-rollback
pid=$STARTED
wait_for 60 "it goes back" test -e "$T/stage/home/going"
expect_serves v1.5.0
LIMIT=60 loomrel --json cancel "$(sql "SELECT id FROM runs WHERE ended_at IS NULL")"
loomrel_wait killed "$pid"
expect_exit 1
expect_json .status staging_failed '.hosts[0].serves' v1.5.0 '.hosts[0].restored' true
expect_serves v1.5.0
