#!/usr/bin/env bash
# The same with a container: built and started by hand it answers, and stops as soon as it is told.
. "$(dirname "$0")/harness.sh"

lab compose
compose="docker compose -f docker-compose/app.yaml --env-file env/.env.app"
on_host stage "cd loom/loom-system && $compose up -d --build" 2>"$T/err"
wait_for 10 "v1.0.0 serves" serves_now v1.0.0
began=$(date +%s%N)
on_host stage "cd loom/loom-system && $compose stop" 2>"$T/err"
[ $(($(date +%s%N) - began)) -lt 9000000000 ] || fail "the container does not stop on TERM"
