#!/usr/bin/env bash
# health = "none": it is said wherever "it works" would be.
. "$(dirname "$0")/harness.sh"
telegram_lab ""
sed -i 's|^health = .*|health = "none"|' "$T/ci/loomrel.toml"
loomrel stage-deploy --service "$SERVICE" --tag v1.0.0
expect_exit 0
expect_said 'проверка health отключена'
expect_in "$T/stage/log/$SERVICE/v1.0.0.log" 'v1.0.0 запущен; работает ли приложение, неизвестно'
expect_not_in "$T/stage/log/$SERVICE/v1.0.0.log" 'приложение работает!'
expect_message 'Проверка health отключена'
version v1.1.0
stage_deploy v1.1.0
expect_exit 0
expect_json .ok true .health none
loomrel rollback --env stage --service "$SERVICE" --yes
expect_exit 0
expect_said 'проверка health отключена'
expect_not_in "$T/stage/log/rollback/$SERVICE/v1.0.0-rollback.log" 'приложение работает!'
