#!/usr/bin/env bash
# The workflow for version tags, run as GitHub runs it: a push, a deletion, by hand.
. "$(dirname "$0")/harness.sh"

lab command
runner stub
push_event refs/tags/v1.0.0 developer somebody-else "$(commit_of v1.0.0)"
workflow on-create-version-tag push
expect_exit 0
expect_argv "<stage-deploy><--tag><v1.0.0>"
expect_report '.jobs["stage-deploy"].ran' true '.jobs["stage-deploy"].environment' stage \
    .group "stage-$SERVICE-v1.0.0"
: >"$T/argv"
push_event refs/tags/v1.0.0 developer somebody-else
workflow on-create-version-tag push
expect_exit 0
expect_report '.jobs["stage-deploy"].ran' false
expect_argv ""
dispatch_event somebody '{"tag": "v1.2.3"}'
workflow on-create-version-tag workflow_dispatch
expect_argv "<stage-deploy><--tag><v1.2.3>"
expect_report .group "stage-$SERVICE-v1.2.3"
dispatch_event somebody '{"tag": "$(touch owned); v1"}'
workflow on-create-version-tag workflow_dispatch
expect_argv '<stage-deploy><--tag><$(touch owned); v1>'

runner real
push_event refs/tags/v1.0.0 developer somebody-else "$(commit_of v1.0.0)"
workflow on-create-version-tag push --run 41
expect_exit 0
expect_serves v1.0.0
expect_row v1.0.0 status manual_testing github_run_id 41 initiated_by developer \
    commit_sha "$(commit_of v1.0.0)" github_ref refs/tags/v1.0.0 \
    github_action_link "https://github.com/example/$SERVICE/actions/runs/41"
expect_report '.steps[1].outputs.status' manual_testing '.steps[1].outputs.release_id' 1 \
    '.steps[1].outputs.commit' "$(commit_of v1.0.0)" \
    '.steps[1].outputs.log' "$T/stage/log/$SERVICE/v1.0.0.log"
# GitHub's "Re-run jobs" after a failure: the same release goes on.
version v1.1.0 --build 'test -e "$HOME/mended"'
push_event refs/tags/v1.1.0 developer somebody-else "$(commit_of v1.1.0)"
workflow on-create-version-tag push --run 42
expect_exit 1
expect_said "::error"
expect_report '.steps[1].outputs.status' staging_failed '.steps[1].summary | test("❌")' true
touch "$T/stage/home/mended"
workflow on-create-version-tag push --run 42 --attempt 2
expect_exit 0
expect_report '.steps[1].outputs.status' manual_testing '.steps[1].outputs.release_id' 2
expect_serves v1.1.0
# By hand, for tags that were pushed in too great a number: the branch's commit is not the tag's.
version v1.2.0
dispatch_event somebody '{"tag": "v1.2.0"}'
workflow on-create-version-tag workflow_dispatch --run 43
expect_exit 0
expect_serves v1.2.0
expect_row v1.2.0 status manual_testing commit_sha "$(commit_of v1.2.0)" initiated_by somebody
dispatch_event somebody '{"tag": "$(touch owned)"}'
workflow on-create-version-tag workflow_dispatch --run 44
expect_exit 2
[ -z "$(find "$T" -name owned)" ] || fail "a tag was executed"
