#!/usr/bin/env bash
# A docker build that fails: exit 1, the old container serves on.
. "$(dirname "$0")/harness.sh"

lab compose
stage_deploy v1.0.0
expect_exit 0
version v1.1.0 --build 'echo "main.c:7: error: no such thing" >&2; exit 3'
stage_deploy v1.1.0
expect_exit 1
expect_json .ok false .status staging_failed .failure.step build .failure.code build_failed \
    '.failure.lines | join("|") | contains("main.c:7: error: no such thing")' true
expect_row v1.1.0 status staging_failed
expect_serves v1.0.0
