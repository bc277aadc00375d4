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
