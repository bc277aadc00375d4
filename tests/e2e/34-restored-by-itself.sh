#!/usr/bin/env bash
# What served before comes back by itself after a failed deploy: also what loomrel never deployed.
. "$(dirname "$0")/harness.sh"
SERVICE_TOML='health_attempts = 1'
lab command

# Somebody has started v1.0.0 by hand.
(
    cd "$T/stage/home/loom/$SERVICE"
    HOME=$T/stage/home LOOMREL_TAG=by-hand LOOMREL_TREE=$PWD LOOMREL_COMMIT=$(commit_of v1.0.0) sh up.sh
)
expect_serves v1.0.0

version v1.1.0 --unhealthy
stage_deploy v1.1.0
expect_exit 1
expect_serves v1.0.0
expect_json .status staging_failed '.hosts[0].serves' v1.0.0 .failure.code health_failed \
    '.hosts[0].restored' true
expect_row v1.1.0 status staging_failed rollback_to_tag v1.0.0
log=$T/stage/log/$SERVICE/v1.1.0.log
expect_order "$log" 'Сохраняем то, что работает сейчас: v1.0.0' \
    'Health check не пройден после 1 попыток' 'Возвращаем v1.0.0' 'Снова работает v1.0.0'
expect_said 'прежняя версия возвращена, сейчас работает: v1.0.0'

# A good one, then a bad one: the good one is back.
version v1.2.0
stage_deploy v1.2.0
expect_exit 0
version v1.3.0 --unhealthy
stage_deploy v1.3.0
expect_exit 1
expect_serves v1.2.0
expect_row v1.3.0 rollback_to_tag v1.2.0

# Killed right after the switch: nobody has to come back for it.
version v1.4.0 --unhealthy
loomrel_start killed --json stage-deploy --service "$SERVICE" --tag v1.4.0
wait_for 20 "v1.4.0 is switched to" grep -qsx v1.4.0 "$T/stage/home/ups"
kill -9 "$STARTED"
wait_for 30 "v1.2.0 is back" grep -qsF 'Снова работает v1.2.0' "$T/stage/log/$SERVICE/v1.4.0.log"
expect_serves v1.2.0
loomrel --json status
expect_json '.services[0].serves' v1.2.0 '.services[0].healthy' yes
