#!/usr/bin/env bash
# A branch in a container, followed over a forced push; with its own host's spelling of things.
. "$(dirname "$0")/harness.sh"

dev_lab compose
push_branch feature/a-rather-Long_name+1 one
loomrel --json dev-deploy --service "$SERVICE" --branch feature/a-rather-Long_name+1 --author DEVELOPER-one
expect_exit 0
expect_json .ok true .commit "$(in_dev rev-parse HEAD)" '.hosts[0].serves' feature/a-rather-Long_name+1
expect_serves one
push_branch feature/a-rather-Long_name+1 two
loomrel --json dev-deploy --service "$SERVICE" --branch feature/a-rather-Long_name+1 --author developer_one
expect_exit 0
expect_serves two
expect_log_form "$T/stage/log/dev/$SERVICE/feature-a-rather-Long_name+1.log"
