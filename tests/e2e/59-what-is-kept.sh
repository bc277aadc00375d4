#!/usr/bin/env bash
# keep_capsules: what is beyond it goes, with its images; what serves and what it goes back to stays,
# however old it is; what a killed run left half kept goes too.
. "$(dirname "$0")/harness.sh"
DEPLOY_TOML='keep_capsules = 3'
lab compose
kept=$T/stage/state/stage/$SERVICE/capsules

names() {
    for c in "$kept"/*/capsule; do head -n 1 "$c" | cut -d' ' -f1; done | sort | xargs
}
# Taken away after the command has ended.
is_kept() {
    [ "$(names)" = "$1" ] && [ "$(ls "$kept" | wc -l)" = "$(wc -w <<<"$1")" ]
}
for v in v1.0.0 v1.1.0 v1.2.0 v1.3.0; do
    [ $v = v1.0.0 ] || version $v
    stage_deploy $v
    expect_exit 0
    ls "$kept" >>"$T/ever"
done
wait_for 20 "three versions kept" is_kept "v1.1.0 v1.2.0 v1.3.0"

# What serves again is older than what would be kept, and stays.
loomrel rollback --env stage --service "$SERVICE" --to v1.1.0 --yes
expect_exit 0
mkdir "$kept/00000000-dead.new"
version v1.4.0
stage_deploy v1.4.0
expect_exit 0
wait_for 20 "those that it can go back to" is_kept "v1.1.0 v1.2.0 v1.3.0 v1.4.0"
loomrel --json status
expect_json '.services[0].serves' v1.4.0 '.services[0].back_to' v1.1.0
docker image prune -a -f >/dev/null
loomrel rollback --env stage --service "$SERVICE" --yes
expect_exit 0
expect_serves v1.1.0

# Nothing is held for what is kept no more.
for id in $(sort -u "$T/ever"); do
    [ ! -e "$kept/$id" ] || continue
    gone=yes
    expect_equal "what is held for $id" "" \
        "$(docker ps -aq --filter "label=loomrel.capsule=$id")$(docker images -q "loomrel-kept/stage/*:$id")"
done
[ -n "${gone:-}" ] || fail "nothing was given up"
