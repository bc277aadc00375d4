#!/usr/bin/env bash
# Changes made by hand on the host do not stop a deploy, and are not lost.
. "$(dirname "$0")/harness.sh"

lab command
stage_deploy v1.0.0
expect_exit 0
version v1.1.0
tree=$T/stage/home/loom/$SERVICE
echo "changed by hand" >>"$tree/www/version"
echo "new by hand" >"$tree/notes.txt"
stage_deploy v1.1.0
expect_exit 0
expect_serves v1.1.0
expect_equal "commit on the host" "$(commit_of v1.1.0)" "$(git -C "$tree" rev-parse HEAD)"
expect_equal "tracked files changed" "" "$(git -C "$tree" status --porcelain --untracked-files=no)"
run=$(jq -r .run_id "$T/out")
patch=$T/stage/state/stage/$SERVICE/runs/$run/uncommitted.patch
expect_in "$patch" "changed by hand" "new by hand"
expect_in "$T/stage/log/$SERVICE/v1.1.0.log" "💾 Незакоммиченные изменения на хосте сохранены в $patch"
expect_said "$patch"
# What was saved can be brought back.
git -C "$T/dev/$SERVICE" checkout -q v1.0.0
git -C "$T/dev/$SERVICE" apply --check "$patch"

# Nor by a run that checks out more than once.
git -C "$T/dev/$SERVICE" checkout -q -
version v1.2.0
echo "changed once more" >>"$tree/www/version"
stage_deploy v1.2.0 --rehearse-rollback
expect_exit 0
patch=$T/stage/state/stage/$SERVICE/runs/$(jq -r .run_id "$T/out")/uncommitted.patch
expect_in "$patch" "changed once more" "new by hand"
git -C "$T/dev/$SERVICE" checkout -q v1.1.0
git -C "$T/dev/$SERVICE" apply --check "$patch"
