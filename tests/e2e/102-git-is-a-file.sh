#!/usr/bin/env bash
# The service's directory is a linked work tree: its .git is a file. Everything works there as in a
# clone.
. "$(dirname "$0")/harness.sh"

lab command
tree=$T/stage/home/loom/$SERVICE
mv "$tree" "$T/stage/home/clone"
git -C "$T/stage/home/clone" checkout -q --detach
git -C "$T/stage/home/clone" worktree add -q --detach "$tree"
[ -f "$tree/.git" ] || fail ".git is no file"
stage_deploy v1.0.0
expect_exit 0
version v1.1.0
echo "by hand" >>"$tree/www/version"
touch "$T/stage/home/clone/.git/worktrees/$SERVICE/index.lock"
stage_deploy v1.1.0
expect_exit 0
expect_serves v1.1.0
lock=$(git -C "$tree" rev-parse --git-dir)/loomrel.lock
expect_equal "rights of the lock" 600 "$(stat -c %a "$lock")"
loomrel --json rollback --env stage --service "$SERVICE" --yes
expect_exit 0
expect_serves v1.0.0
expect_equal "the tree" "$(commit_of v1.0.0)" "$(git -C "$tree" rev-parse HEAD)"
loomrel doctor --env stage
expect_exit 0
