#!/usr/bin/env bash
# A tag that was moved after it was pinned: exit 3, what served before still serves.
. "$(dirname "$0")/harness.sh"

lab command
stage_deploy v1.0.0
expect_exit 0
version v1.1.0
old=$(commit_of v1.1.0)
loomrel --json release create --service "$SERVICE" --tag v1.1.0 --run-id 7 --commit "$old"
expect_exit 0
id=$(jq -r .release_id "$T/out")
echo other >"$T/dev/$SERVICE/other"
in_dev add -A
in_dev commit -q -m other
in_dev tag -f -a -m moved v1.1.0 2>/dev/null >&2
in_dev push -q -f origin HEAD:main refs/tags/v1.1.0
loomrel --json stage-deploy --service "$SERVICE" --tag v1.1.0 --release-id "$id"
expect_exit 3
expect_json .failure.code tag_moved
expect_said "$old" "$(commit_of v1.1.0)"
expect_serves v1.0.0
expect_row v1.1.0 commit_sha "$old" status staging_failed

# A branch that is called like a tag, and a tag nested under its name, do not count.
version v1.2.0
in_dev push -q origin 'v1.1.0^{commit}:refs/heads/v1.2.0'
in_dev tag x/v1.2.0 v1.0.0
in_dev push -q origin refs/tags/x/v1.2.0
stage_deploy v1.2.0
expect_exit 0
expect_json .commit "$(commit_of v1.2.0)"
expect_serves v1.2.0
