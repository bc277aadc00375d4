#!/usr/bin/env bash
# An unhealthy container: its own last lines are in the failure and in the log.
. "$(dirname "$0")/harness.sh"

SERVICE_TOML='health_attempts = 1'
lab compose
sed -i '1i echo "[the container speaks]"' "$T/dev/$SERVICE/serve"
version v1.1.0 --unhealthy
stage_deploy v1.1.0
expect_exit 1
expect_json .status staging_failed .failure.step health .failure.code health_failed \
    '.failure.container | join("|") | contains("[the container speaks]")' true
expect_in "$T/stage/log/$SERVICE/v1.1.0.log" "[the container speaks]"
expect_row v1.1.0 status staging_failed
