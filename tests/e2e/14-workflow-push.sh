#!/usr/bin/env bash
# The workflow for branches, run as GitHub runs it: to the commit's author, whoever pushed.
. "$(dirname "$0")/harness.sh"

dev_lab command
runner stub
sha=$(commit_of v1.0.0)
push_event refs/heads/feature/x developer-one somebody-else "$sha"
workflow on-push-in-work-branch push
expect_exit 0
expect_argv "<dev-deploy>"
expect_report '.jobs["dev-deploy"].ran' true '.jobs["dev-deploy"].environment' dev \
    '.jobs["dev-deploy"].runs_on' ubuntu-24.04 '.steps | length' 2
# Pushes never share a group: none of them can be dropped for another.
one=$(jq -r .group "$T/report.json")
workflow on-push-in-work-branch push --run 2 --var LOOMREL_RUNNER=our-own
expect_report '.jobs["dev-deploy"].runs_on' our-own
[ "$one" != "$(jq -r .group "$T/report.json")" ] || fail "two pushes share the group $one"
# Deleting a branch is a push too.
: >"$T/argv"
push_event refs/heads/feature/x developer-one somebody-else
workflow on-push-in-work-branch push
expect_exit 0
expect_report '.jobs["dev-deploy"].ran' false
expect_argv ""
# By hand, on one's own behalf or another's.
dispatch_event somebody '{"author": ""}'
workflow on-push-in-work-branch workflow_dispatch --ref refs/heads/feature/x
expect_argv "<dev-deploy>"
dispatch_event somebody '{"author": "$(id) developer-one"}'
workflow on-push-in-work-branch workflow_dispatch --ref refs/heads/feature/x
expect_argv '<dev-deploy><--author><$(id) developer-one>'

runner real
push_branch feature/x one
push_event refs/heads/feature/x developer-one somebody-else "$(in_dev rev-parse HEAD)"
workflow on-push-in-work-branch push --run 77
expect_exit 0
expect_serves one
expect_report '.steps[1].outputs.status' good '.steps[1].outputs.release_id' '' \
    '.steps[1].outputs.commit' "$(in_dev rev-parse HEAD)" \
    '.steps[1].outputs.log' "$T/stage/log/dev/$SERVICE/feature-x.log" \
    '.steps[1].summary | test("feature") and test("✅")' true
expect_said "::group::" "::endgroup::" "Developer_One"
expect_sql "good|77|1" "SELECT outcome, github_run_id, github_run_attempt FROM runs"
# What a branch is called reaches no shell.
push_event 'refs/heads/feature/$(touch owned)' developer-one somebody-else "$sha"
workflow on-push-in-work-branch push --run 78
expect_exit 2
expect_said "::error"
[ -z "$(find "$T" -name owned)" ] || fail "a branch's name was executed"
# A runner without loomrel is told what is missing, before any secret is handed out.
rm "$T/runner/loomrel"
workflow on-push-in-work-branch push --run 79
[ "$CODE" != 0 ] || fail "it went well without loomrel"
expect_report '.steps | length' 1
expect_said LOOMREL_DEB_URL
