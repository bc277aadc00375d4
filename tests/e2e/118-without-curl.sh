#!/usr/bin/env bash
# A host with BusyBox's wget only, which knows no time limit of its own.
. "$(dirname "$0")/harness.sh"
lab command
hide_commands stage curl wget
ln -s "$(command -v busybox)" "$T/stage/bin/wget"
stage_deploy v1.0.0
expect_exit 0
expect_serves v1.0.0
loomrel --json status
expect_json '.services[0].healthy' yes
version v1.1.0 --unhealthy
stage_deploy v1.1.0
expect_exit 1
expect_json .failure.code health_failed
expect_serves v1.0.0

# A check that takes the question and never answers is given up in time.
sed -i 's|^health = .*/health"|health = "http://127.0.0.1:'"$SERVICE_PORT"'/cgi-bin/health"|' "$T/ci/loomrel.toml"
# answers TAG COMMAND: a version whose check runs that.
answers() {
    mkdir -p "$T/dev/$SERVICE/www/cgi-bin"
    printf '#!/bin/sh\n%s\n' "$2" >"$T/dev/$SERVICE/www/cgi-bin/health"
    chmod +x "$T/dev/$SERVICE/www/cgi-bin/health"
    version "$1"
}
answers v1.2.0 'printf "Content-Type: text/plain\r\n\r\nok\n"'
stage_deploy v1.2.0
expect_exit 0
answers v1.3.0 'sleep 30'
SECONDS=0
LIMIT=60 stage_deploy v1.3.0
[ $SECONDS -le 25 ] || fail "it took $SECONDS s"
expect_exit 1
expect_json .failure.code health_failed
expect_serves v1.2.0
