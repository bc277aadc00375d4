#!/usr/bin/env bash
# The way back from a version that was never kept, because it never was good; where "current" is a
# script of the repository; and from a service that has fallen over.
. "$(dirname "$0")/harness.sh"
SERVICE_TOML='health_attempts = 1
restore_on_failure = false'
lab command
sed -i 's|^current.*|current = "sh ./current.sh"|' "$T/ci/loomrel.toml"
echo 'cat "$HOME/commit"' >"$T/dev/$SERVICE/current.sh"
for v in v1.1.0 v1.2.0; do
    version $v
    stage_deploy $v
    expect_exit 0
done
loomrel --json status
expect_json '.services[0].serves' v1.2.0 '.services[0].back_to' v1.1.0

for wanted in "" "--to v1.2.0"; do
    version "v1.${#wanted}.3" --unhealthy
    stage_deploy "v1.${#wanted}.3" --older
    expect_exit 1
    expect_serves "v1.${#wanted}.3"
    # shellcheck disable=SC2086
    loomrel --json rollback --env stage --service "$SERVICE" $wanted --yes
    expect_exit 0
    expect_json .tag v1.2.0 '.hosts[0].serves' v1.2.0 .commit "$(commit_of v1.2.0)"
    expect_serves v1.2.0
done

# Called where it lies.
(cd "$T/stage/state/stage/$SERVICE" && HOME=$T/stage/home sh restore v1.1.0 >"$T/out" 2>&1) || fail "restore: $(cat "$T/out")"
expect_serves v1.1.0

# By hand away from one that was never kept: the program that does it is still there afterwards.
version v1.4.0 --unhealthy
stage_deploy v1.4.0 --older
expect_exit 1
for tag in v1.2.0 v1.1.0; do
    on_host stage "sh $T/stage/state/stage/$SERVICE/restore $tag" >"$T/out" 2>&1 \
        || fail "restore: $(cat "$T/out")"
    expect_serves $tag
done

# What is kept no more is built anew: said in the plan, done.
for capsule in "$T/stage/state/stage/$SERVICE"/capsules/*; do
    [[ $(head -n 1 "$capsule/capsule") != "v1.2.0 "* ]] || rm -r "$capsule"
done
loomrel rollback --env stage --service "$SERVICE" --to v1.2.0 --yes
expect_exit 0
expect_said 'собрана заново из git'
expect_serves v1.2.0

# A deploy that fails leaves alone what serves, though that was never kept either.
version v1.5.0 --unhealthy
stage_deploy v1.5.0 --older
expect_exit 1
version v1.6.0 --build 'exit 1'
stage_deploy v1.6.0 --older
expect_exit 1
expect_serves v1.5.0

# Back from there: to what was put here before it, not to the newest of what is kept. The same where
# it has fallen over since.
for fallen in no yes; do
    loomrel rollback --env stage --service "$SERVICE" --to v1.1.0 --yes
    expect_exit 0
    version "v1.7.${#fallen}" --unhealthy
    stage_deploy "v1.7.${#fallen}" --older
    expect_exit 1
    [ $fallen = no ] || : >"$T/stage/home/commit"
    loomrel --json status
    expect_json '.services[0].back_to' v1.1.0
    loomrel --json rollback --env stage --service "$SERVICE" --yes
    expect_exit 0
    expect_json .tag v1.1.0
    expect_serves v1.1.0
done
