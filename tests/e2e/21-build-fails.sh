#!/usr/bin/env bash
# A build that fails changes nothing that serves, and its first error line is shown.
. "$(dirname "$0")/harness.sh"

lab command
stage_deploy v1.0.0
expect_exit 0
version v1.1.0 --build 'echo "compiling"; echo "main.c:7: error: no such thing" >&2; exit 3'
stage_deploy v1.1.0
expect_exit 1
expect_json .ok false .status staging_failed .failure.step build .failure.code build_failed \
    '.failure.lines | join("|") | contains("main.c:7: error: no such thing")' true \
    '.hosts[0].serves' v1.0.0 '.failure.how | contains("3")' true
expect_said "main.c:7: error: no such thing"
expect_row v1.1.0 status staging_failed
expect_moves v1.1.0 "initiated building staging_failed"
expect_serves v1.0.0
expect_ups 0 v1.1.0
log=$T/stage/log/$SERVICE/v1.1.0.log
expect_log_form "$log"
grep -qE '^[[:space:]]+main.c:7: error: no such thing$' "$log" || fail "output is not indented in the log"

# Mended outside of the tag (the disk was full, a mirror down): the same tag goes on, same release.
version v1.2.0 --build 'test -e "$HOME/mended"'
stage_deploy v1.2.0
expect_exit 1
touch "$T/stage/home/mended"
stage_deploy v1.2.0
expect_exit 0
expect_sql 1 "SELECT count(*) FROM releases WHERE release_tag = 'v1.2.0'"
expect_moves v1.2.0 "initiated building staging_failed building stage_deploy manual_testing"
expect_serves v1.2.0

# Looked at again, a run that has ended moves nothing.
version v1.3.0 --build 'false'
stage_deploy v1.3.0
expect_exit 1
loomrel --json attach "$(jq -r .run_id "$T/out")"
expect_exit 1
expect_json .status staging_failed
expect_said 'loomrel status --env stage'
expect_moves v1.3.0 "initiated building staging_failed"
expect_sql 1 "SELECT completed_at IS NOT NULL FROM releases WHERE release_tag = 'v1.3.0'"
