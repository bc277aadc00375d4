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

# A git that is at work there keeps its lock, also where the way to the tree is a link.
mv "$tree" "$T/stage/home/real"
ln -s "$T/stage/home/real" "$tree"
mkfifo "$T/never"
exec 5<>"$T/never"
git -C "$tree" cat-file --batch <&5 &
git=$!
touch "$tree/.git/index.lock"
version v1.0.1
stage_deploy v1.0.1
expect_exit 1
expect_json .failure.code checkout_failed
[ -e "$tree/.git/index.lock" ] || fail "the lock of a live git is gone"
stop "$git"
exec 5>&-
# Somebody else's tree is not trusted, also behind a link.
! has_root || {
    chown -R nobody "$T/stage/home/real"
    stage_deploy v1.0.1
    expect_exit 3
    expect_said nobody chown
    chown -R root "$T/stage/home/real"
}
stage_deploy v1.0.1
expect_exit 0
expect_serves v1.0.1
