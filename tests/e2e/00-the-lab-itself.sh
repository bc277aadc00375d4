#!/usr/bin/env bash
# The sample service can be deployed by hand over plain ssh: what fails later fails in loomrel.
. "$(dirname "$0")/harness.sh"

lab command
expect_equal "home" "$T/stage/home" "$(on_host stage pwd)"
expect_equal "who serves before" "" "$(serves)"
on_host stage "cd loom/$SERVICE && git checkout -q v1.0.0 &&
    LOOMREL_TREE=\$PWD LOOMREL_TAG=v1.0.0 LOOMREL_COMMIT=\$(git rev-parse HEAD) sh ./up.sh"
expect_serves v1.0.0
expect_ups 1 v1.0.0
expect_equal "logins" 2 "$(logins_of stage)"

version v1.1.0 --unhealthy
on_host stage "cd loom/$SERVICE && git fetch -q && git checkout -q v1.1.0 &&
    LOOMREL_TREE=\$PWD LOOMREL_TAG=v1.1.0 LOOMREL_COMMIT=x sh ./up.sh"
expect_serves v1.1.0
! curl -fsS -o /dev/null "http://127.0.0.1:$SERVICE_PORT/health" 2>/dev/null || fail "healthy"
