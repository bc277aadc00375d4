#!/usr/bin/env bash
# --dry-run prints the plan and the exact script, and touches nothing.
. "$(dirname "$0")/harness.sh"

lab command
before=$(fingerprint "$T/stage/home")
loomrel stage-deploy --service "$SERVICE" --tag v1.0.0 --dry-run
expect_exit 0
expect_said "127.0.0.1" "git" "sh ./up.sh" "v1.0.0"
expect_equal "releases" 0 "$(count_releases)"
expect_equal "logins" 0 "$(logins_of stage)"
expect_equal "the host" "$before" "$(fingerprint "$T/stage/home")"
loomrel --json stage-deploy --service "$SERVICE" --tag v1.0.0 --dry-run
expect_exit 0
expect_json 'type' object
expect_json '.moves | join(" ")' "building stage_deploy manual_testing" '.notices | join(" ")' manual_testing
