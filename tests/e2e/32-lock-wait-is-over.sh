#!/usr/bin/env bash
# A lock held for longer than lock_wait: exit 3, the holder named, nothing done.
. "$(dirname "$0")/harness.sh"

DEPLOY_TOML='lock_wait = "1s"'
lab command
tree=$T/stage/home/loom/$SERVICE
run=$T/stage/state/stage/$SERVICE/runs/00000000-0000-4000-8000-000000000000
(umask 077 && mkdir -p "$run" && : >"$run/alive")
start flock "$run/alive" sleep 60
echo "v0.9.0, somebody, 2026-01-01 00:00:00, ${run##*/}" >"$tree/.git/loomrel.lock"
start flock "$tree/.git/loomrel.lock" sleep 60
wait_for 5 "its run is alive" eval "! flock -n '$run/alive' true"
wait_for 5 "the lock is held" eval "! flock -n '$tree/.git/loomrel.lock' true"
before=$(fingerprint "$T/stage/home")
stage_deploy v1.0.0
expect_exit 3
expect_json .failure.code lock_held
expect_said "somebody"
expect_equal "the host" "$before" "$(fingerprint "$T/stage/home")"
