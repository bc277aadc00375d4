#!/bin/sh
# Which tree is trusted, what makes it so, and who is said to hold a lock. As root, who can make files
# that are another's; anybody else tries what he can.
. "${0%/*}/harness.sh"
use lock tree git
failed() { FAILED="$*"; }

TREE=$T/tree
mkdir -p "$TREE/.git/modules/x"
echo ref >"$TREE/.git/HEAD"
echo >"$TREE/.git/config"
echo >"$TREE/.git/modules/x/config"
chmod -R go-w "$T"

# The temporary folder's own folders are the machine's.
strange() {
    find_git
    know_owner
    [ -z "$ABOVE" ] || STRANGE=''
    echo "$STRANGE"
}
expect_equal "a tree of one's own" "" "$(strange)"

chmod o+w "$TREE/.git/config"
expect_equal "a configuration that others may write" "$TREE/.git/config" "$(strange)"
chmod o-w "$TREE/.git/config"

chmod o+w "$TREE/.git/modules/x"
expect_equal "a submodule's folder that others may write to" "$TREE/.git/modules/x" "$(strange)"
chmod o-w "$TREE/.git/modules/x"

if [ "$(id -u)" = 0 ]; then
    ln -sf /tmp/his "$TREE/.git/modules/x/config"
    chown -h 65534 "$TREE/.git/modules/x/config"
    expect_equal "a link of another's in a submodule" "$TREE/.git/modules/x/config" "$(strange)"
    rm "$TREE/.git/modules/x/config"
    chown 65534 "$TREE/.git"
    expect_equal "a git folder of another's" "$TREE/.git" "$(strange)"
    chown 0 "$TREE/.git"
fi

# A find that cannot ask is not a tree that is nobody else's.
find() {
    return 1
}
expect_equal "without a find" "$TREE" "$(strange)"
unset -f find

# What root is to type runs nothing of a name that another has given.
cd "$T" || exit
evil="$T/a'\$(touch evil)'b"
mkdir "$evil"
STRANGE=$evil ABOVE='' OWNER=nobody
know_me
cure_tree
eval "set -- $CURE"
expect_equal "the path in what is to be typed" "$evil" "$4"
[ ! -e evil ] || expect_equal "what a folder's name ran" nothing something

# The lock's words are those of a run that is alive, or of another log-in's.
D=$T/state/stage/service
mkdir -p "$D/runs/one"
echo "v1.0.0, me, 2026-01-01 00:00:00, one" >"$T/lock"
holder() {
    read_holder "$T/lock"
    echo "$HOLDER"
}
true >"$D/runs/one/alive"
expect_equal "a run that was killed" '?' "$(holder)"
exec 9>"$D/runs/one/alive"
flock -n 9
expect_equal "a run that is alive" "v1.0.0, me, 2026-01-01 00:00:00, one" "$(holder)"
rm -r "$D/runs/one"
expect_equal "a run whose folder is gone" '?' "$(holder)"
echo "a sentence; rm -rf /" >"$T/lock"
expect_equal "what is no run's" '?' "$(holder)"

done_testing
