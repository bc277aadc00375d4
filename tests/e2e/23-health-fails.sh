#!/usr/bin/env bash
# A service that is up but not healthy is a failed deploy, said in the spec's words.
. "$(dirname "$0")/harness.sh"

SERVICE_TOML='health_attempts = 2'
lab command
stage_deploy v1.0.0
expect_exit 0
version v1.1.0 --unhealthy
stage_deploy v1.1.0
expect_exit 1
expect_json .ok false .status staging_failed .failure.step health .failure.code health_failed
expect_said "Health check не пройден после 2 попыток"
expect_row v1.1.0 status staging_failed "completed_at IS NOT NULL" 1
expect_moves v1.1.0 "initiated building stage_deploy staging_failed"
expect_order "$T/stage/log/$SERVICE/v1.1.0.log" "🔍 Проверка health (попытка 1 из 2)..." \
    "🔍 Проверка health (попытка 2 из 2)..." "❌ Health check не пройден после 2 попыток"
