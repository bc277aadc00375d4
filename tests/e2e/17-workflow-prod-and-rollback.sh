#!/usr/bin/env bash
# The workflows for production and for going back call loomrel with what they were started with.
. "$(dirname "$0")/harness.sh"

runner stub
dispatch_event bot '{"release_id": "17", "release_tag": "v1.2.3"}'
workflow on-approve-manual-testing workflow_dispatch
expect_exit 0
expect_argv "<prod-deploy><--release-id><17><--tag><v1.2.3>"
expect_report .group prod-17 '.jobs["prod-deploy"].environment' prod
dispatch_event bot '{"release_id": "17; touch owned", "release_tag": "$(touch owned)"}'
workflow on-approve-manual-testing workflow_dispatch
expect_argv '<prod-deploy><--release-id><17; touch owned><--tag><$(touch owned)>'

dispatch_event devops '{"environment": "prod", "to": "", "cancel_running": false}'
workflow on-rollback workflow_dispatch
expect_exit 0
expect_argv "<rollback><--yes><--kept-only><--env><prod>"
expect_report .jobs.rollback.environment prod
dispatch_event devops '{"environment": "stage", "to": "v1.2.2", "cancel_running": true}'
workflow on-rollback workflow_dispatch
expect_argv "<rollback><--yes><--kept-only><--env><stage><--to><v1.2.2><--cancel-running>"
dispatch_event devops '{"environment": "prod", "to": "v1 $(touch owned)", "cancel_running": false}'
workflow on-rollback workflow_dispatch
expect_argv '<rollback><--yes><--kept-only><--env><prod><--to><v1 $(touch owned)>'
[ -z "$(find "$T" -name owned)" ] || fail "an input was executed"
