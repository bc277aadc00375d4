#!/usr/bin/env bash
# A build that hangs is killed on the host at time_limit, whoever watches.
. "$(dirname "$0")/harness.sh"

DEPLOY_TOML='time_limit = "5m"'
lab command
stage_deploy v1.0.0
expect_exit 0
sed -i 's/^time_limit.*/time_limit = "5s"/' "$T/ci/loomrel.toml"
version v1.1.0 --build 'sleep 300'
stage_deploy v1.1.0
expect_exit 1
expect_json .status staging_failed .failure.step build
expect_in "$T/stage/log/$SERVICE/v1.1.0.log" "⏱️ Запуск остановлен"
expect_serves v1.0.0
expect_equal "left over" "" "$(pgrep -xf 'sleep 300' | while read -r p; do
    tr '\0' '\n' <"/proc/$p/environ" | grep -xF "LOOMREL_E2E=$T"; done)"
