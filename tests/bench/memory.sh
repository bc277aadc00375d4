#!/usr/bin/env bash
# What `loomrel serve` holds after 60 s idle, polling for updates, on Postgres.
. "$(dirname "$0")/common.sh"

use_postgres
telegram_lab
loomrel db migrate
bot_start one
sleep "${IDLE:-60}"
budget "serve, idle with polling" "$(awk '/^VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$SERVING/status")" 25 MiB
exit $OVER
