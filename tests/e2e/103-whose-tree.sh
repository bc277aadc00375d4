#!/usr/bin/env bash
# A tree that another user owns, or that anybody may write to, is deployed from by nobody; who goes
# back is warned and goes back. No hook of a tree is run.
. "$(dirname "$0")/harness.sh"
require root

lab command
tree=$T/stage/home/loom/$SERVICE
# Programs that a tree brings along.
for hook in post-checkout reference-transaction post-index-change; do
    printf '#!/bin/sh\necho %s >>"%s"\n' $hook "$T/ran" >"$tree/.git/hooks/$hook"
    chmod +x "$tree/.git/hooks/$hook"
done
git -C "$tree" config core.fsmonitor "touch $T/ran; false"
for v in v1.0.0 v1.1.0; do
    [ $v = v1.0.0 ] || version $v
    stage_deploy $v
    expect_exit 0
done
[ ! -e "$T/ran" ] || fail "ran: $(cat "$T/ran")"

chown -R nobody "$tree"
version v1.2.0
before=$(git -c safe.directory='*' -C "$tree" rev-parse HEAD)
stage_deploy v1.2.0
expect_exit 3
expect_json .failure.code foreign_tree
expect_said "$tree" "nobody" "chown -RH $(id -un) '$tree'"
expect_in "$T/stage/log/$SERVICE/v1.2.0.log" "_USER=nobody"
expect_serves v1.1.0
expect_equal "the tree" "$before" "$(git -c safe.directory='*' -C "$tree" rev-parse HEAD)"
loomrel --json rollback --env stage --service "$SERVICE" --yes
expect_exit 0
expect_serves v1.0.0
expect_in "$T/stage/log/rollback/$SERVICE/v1.0.0-rollback.log" "⚠️" "nobody"
[ ! -e "$T/ran" ] || fail "ran: $(cat "$T/ran")"
loomrel doctor --env stage
expect_said "chown"

# What only the owner's group may write to is its owner's affair; what anybody may is not.
chown -R "$(id -un)" "$tree"
chmod 777 "$tree/.git"
stage_deploy v1.2.0
expect_exit 3
expect_json .failure.code open_tree
expect_said "chmod -R o-w '$tree/.git/'"
chmod 775 "$tree/.git"
stage_deploy v1.2.0
expect_exit 0
expect_serves v1.2.0
