#!/usr/bin/env bash
# QA's word from a terminal: who may, how many it takes, and only on what stage serves.
. "$(dirname "$0")/harness.sh"

SERVICE_TOML='
[telegram]
approvers = [11111, 22222]
quorum = "all"
[[people]]
telegram = 11111
github = "anya"
name = "Аня"
[[people]]
telegram = 22222
github = "Boris-K"'

lab command
stage_deploy v1.0.0
expect_exit 0

# Who is nobody is told who is somebody.
loomrel release approve 1 --as eve
expect_exit 3
expect_said "eve" "Аня (11111), Boris-K (22222)"

loomrel --lang en release approve 1 --as аНЯ
expect_exit 0
expect_said "Аня approved release 1 (demo v1.0.0)" "Approvals: 1 of 2. May approve: Boris-K"
expect_row v1.0.0 status manual_testing
loomrel --lang en release approve 1 --as 11111
expect_exit 0
expect_said "Аня had approved before"

# Another version takes its place on stage: there is nothing to approve any more.
version v1.1.0
stage_deploy v1.1.0
expect_exit 0
loomrel --json release approve 1 --as boris-k
expect_exit 3
expect_json .error.code outrun
expect_said v1.1.0 "loomrel stage-deploy --again --service demo --tag v1.0.0"
# It comes back, and so does the question.
loomrel stage-deploy --service "$SERVICE" --tag v1.0.0 --older
expect_exit 0
expect_serves v1.0.0

# The tag is moved, and what it is now is deployed: another release, of another commit.
echo other >"$T/dev/$SERVICE/other"
in_dev add -A
in_dev commit -q -m other
in_dev tag -f -a -m moved v1.0.0 2>/dev/null >&2
in_dev push -q -f origin HEAD:main refs/tags/v1.0.0
loomrel --json stage-deploy --service "$SERVICE" --tag v1.0.0 --commit "$(commit_of v1.0.0)" --older
expect_exit 0
moved=$(jq -r .release_id "$T/out")
expect_row v1.0.0 id "$moved" commit_sha "$(commit_of v1.0.0)"
loomrel --json release approve 1 --as boris-k
expect_exit 3
expect_json .error.code outrun
expect_sql "manual_testing|$moved" "SELECT status, superseded_by FROM releases WHERE id = 1"
expect_sql manual_testing "SELECT status FROM releases WHERE id = 1"

# Both approve what is there. Nothing serves the outbox, so the next command is said.
loomrel release approve "$moved" --as anya --dry-run
expect_exit 0
loomrel --json release approve "$moved" --as anya
expect_exit 0
expect_json .status manual_testing .needed 2 '.approvals | length' 1 '.approvals[0].by' Аня
loomrel release approve "$moved" --as boris-k
expect_exit 0
expect_said "loomrel prod-deploy --service demo --tag v1.0.0 --release-id $moved"
expect_row v1.0.0 status manual_test_passed
loomrel --json release show "$moved"
expect_json '[.approvals[].by] | join(" ")' "Аня Boris-K" '.approvals[0].decision' approved
loomrel --json release events "$moved"
expect_json '.events[-2] | .from + " " + .to' "manual_testing manual_testing" \
    '.events[-1] | .from + " " + .to' "manual_testing manual_test_passed" \
    '.events[-1].actor' Boris-K '.events[-1].detail.approvers | join(" ")' "Аня Boris-K" \
    '.events[-1].detail.commit' "$(commit_of v1.0.0)"
expect_sql "event|manual_testing
event|manual_test_passed
dispatch|manual_test_passed" "SELECT kind, to_status FROM outbox JOIN release_events ON \
release_events.id = event_id WHERE outbox.release_id = $moved ORDER BY outbox.id"

# A late no still counts, once.
loomrel release reject "$moved" --as 22222 --reason 'не открывается; $(id)'
expect_exit 0
expect_row v1.0.0 status manual_test_failed
loomrel release reject "$moved" --as 22222
expect_exit 0
loomrel --json release reject "$moved" --as anya
expect_exit 3
expect_json .error.code status_does_not_allow
loomrel --json release events "$moved"
expect_json '[.events[] | select(.to == "manual_test_failed" and .from != .to)][-1].detail.reason' 'не открывается; $(id)' '[.events[] | select(.to == "manual_test_failed" and .from != .to)] | length' 1
loomrel db check
expect_exit 0
