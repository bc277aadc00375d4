#!/usr/bin/env bash
# A lock left by a killed git, and a branch whose work is nowhere else, survive no longer than they should.
. "$(dirname "$0")/harness.sh"

lab command
tree=$T/stage/home/loom/$SERVICE
git -C "$tree" checkout -q -b mine
echo work >"$tree/work"
git -C "$tree" add work
git -C "$tree" -c user.name=x -c user.email=x@localhost commit -q -m "only here"
git -C "$tree" branch merged origin/main
only_here=$(git -C "$tree" rev-parse mine)
touch "$tree/.git/index.lock"
stage_deploy v1.0.0
expect_exit 0
expect_serves v1.0.0
expect_equal "the branch that is nowhere else" "$only_here" "$(git -C "$tree" rev-parse mine)"
! git -C "$tree" rev-parse -q --verify refs/heads/merged >/dev/null || fail "merged is still there"
expect_in "$T/stage/log/$SERVICE/v1.0.0.log" "🧹 Удалён .git/index.lock" "mine оставляем"
