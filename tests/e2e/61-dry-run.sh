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

# What the command itself would refuse or would not start, a plan does not promise.
loomrel --json stage-deploy --service "$SERVICE" --tag v1.0.0 --release-id 77 --dry-run
expect_exit 2
expect_json .error.code release_not_found
commit=$(commit_of v1.0.0)
loomrel release create --service "$SERVICE" --tag v1.0.0 --commit "$commit"
loomrel --json stage-deploy --service "$SERVICE" --tag v1.0.0 --release-id 1 --dry-run
expect_json '.script | test("\nCOMMIT='"$commit"'\n")' true
stage_deploy v1.0.0
expect_exit 0
run=$(jq -r .run_id "$T/out")
loomrel --json stage-deploy --service "$SERVICE" --tag v1.0.0 --release-id 1 --dry-run
expect_exit 0
expect_json .run_id "$run" .state ended
