#!/usr/bin/env bash
# A deploy older than the last one there is refused; --older overrides.
. "$(dirname "$0")/harness.sh"

lab command
version v1.1.0
stage_deploy v1.1.0
expect_exit 0
stage_deploy v1.0.0
expect_exit 3
expect_json .failure.code superseded
expect_serves v1.1.0
expect_ups 0 v1.0.0
expect_row v1.0.0 status staging_failed
loomrel stage-deploy --service "$SERVICE" --tag v1.0.0 --older
expect_exit 0
expect_serves v1.0.0
