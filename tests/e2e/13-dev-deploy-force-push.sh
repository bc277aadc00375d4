#!/usr/bin/env bash
# A force-pushed branch is followed, and nothing that was only on the host is lost.
. "$(dirname "$0")/harness.sh"

dev_lab command
tree=$T/stage/home/loom/$SERVICE
on_the_host() {
    git -C "$tree" -c user.name=dev -c user.email=dev@localhost "$@"
}
deploy() {
    loomrel --json dev-deploy --service "$SERVICE" --branch feature/x --author developer_one
    expect_exit 0
}

push_branch feature/x one
deploy
expect_serves one
# By hand on the host: a commit, changes that are not committed, a new file, a stash, a branch.
echo "committed by hand" >"$tree/committed.txt"
on_the_host add committed.txt
on_the_host commit -q -m "by hand"
own=$(on_the_host rev-parse HEAD)
on_the_host branch by-hand
on_the_host checkout -q --detach
echo "stashed by hand" >"$tree/up.sh"
on_the_host stash -q
echo "second commit" >>"$tree/committed.txt"
on_the_host commit -q -a -m "by hand, on no branch"
loose=$(on_the_host rev-parse HEAD)
echo "changed by hand" >>"$tree/www/version"
printf 'new\0by hand\n' >"$tree/with a blank.bin"

push_branch feature/x two
deploy
expect_serves two
run=$(jq -r .run_id "$T/out")
patch=$T/stage/state/dev/$SERVICE/runs/$run/uncommitted.patch
expect_said "$patch"
expect_in "$patch" "changed by hand" "with a blank.bin"
expect_equal "the stash" 1 "$(on_the_host stash list | wc -l)"
expect_equal "the branch made by hand" "$own" "$(on_the_host rev-parse by-hand)"
expect_in "$T/stage/log/dev/$SERVICE/feature-x.log" by-hand
[ -n "$(on_the_host for-each-ref --contains "$loose")" ] || fail "a commit is on no branch any more"
# What was saved can be brought back, to the letter.
rm -f "$tree/with a blank.bin"
on_the_host checkout -q -f --detach "$loose"
on_the_host apply "$patch"
expect_in "$tree/www/version" "changed by hand"
expect_equal "the new file" "new.by hand" "$(tr '\0' . <"$tree/with a blank.bin")"
