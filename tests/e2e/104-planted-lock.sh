#!/usr/bin/env bash
# What a neighbour puts in the lock's place, or holds, neither stops a run nor leads it astray.
. "$(dirname "$0")/harness.sh"
require root
DEPLOY_TOML='lock_wait = "2s"'

lab command
tree=$T/stage/home/loom/$SERVICE lock=$T/stage/home/loom/$SERVICE/.git/loomrel.lock n=0
echo "root's own" >"$T/victim"

# expect_deploy: of a version of its own; and the lock is what it should be.
expect_deploy() {
    n=$((n + 1))
    version v1.$n.0
    LIMIT=60 stage_deploy v1.$n.0
    expect_exit 0
    expect_serves v1.$n.0
    { [ -f "$lock" ] && [ ! -L "$lock" ]; } || fail "the lock is no file"
    expect_equal "the lock" "600 $(id -un)" "$(stat -c '%a %U' "$lock")"
    wait_for 5 "the lock names a run that has ended" eval "[ ! -s '$lock' ]"
}

# not_said TEXT: nowhere in what loomrel printed last.
not_said() {
    cat "$T/out" "$T/err" >"$T/said"
    expect_not_in "$T/said" "$1"
}

# What the link leads to is held, as a lock with a holder in it would be.
ln -s "$T/victim" "$lock"
start flock "$T/victim" sleep 100
wait_for 5 "it is held" eval "! flock -n '$T/victim' true"
loomrel status --env stage --service "$SERVICE"
not_said "root's own"
expect_deploy
expect_equal "what the link led to" "root's own" "$(cat "$T/victim")"
rm -rf "$lock"
mkfifo "$lock"
expect_deploy
rm -rf "$lock"
mkdir "$lock"
expect_deploy
rm -rf "$lock"

# A file that an older loomrel left open to everybody, and a stranger's own.
chmod 711 "$T" "$T/stage" "$T/stage/home"
for owner in root nobody; do
    rm -rf "$lock"
    : >"$lock"
    chown $owner "$lock"
    chmod 666 "$lock"
    start setpriv --reuid nobody --clear-groups flock "$lock" sleep 100
    wait_for 5 "a neighbour holds it" eval "! flock -n '$lock' true"
    expect_deploy
    loomrel --json rollback --env stage --service "$SERVICE" --yes
    expect_exit 0
    # By hand too.
    on_host stage "sh $T/stage/state/stage/$SERVICE/restore v1.$n.0" >"$T/by-hand" 2>&1 \
        || fail "by hand: $(cat "$T/by-hand")"
    expect_serves v1.$n.0
done

# Whoever is there by right is waited for, whatever the file's rights are.
rm -f "$lock"
run=$T/stage/state/stage/$SERVICE/runs/00000000-0000-4000-8000-000000000000
mkdir "$run"
(umask 0 && echo "v0.9.0, somebody, 2026-01-01 00:00:00, ${run##*/}" >"$lock")
start flock "$lock" sleep 60
wait_for 5 "it is held" eval "! flock -n '$lock' true"
: >"$run/alive"
start flock "$run/alive" sleep 60
wait_for 5 "the run is alive" eval "! flock -n '$run/alive' true"
version v2.0.0
stage_deploy v2.0.0
expect_exit 3
expect_json .failure.code lock_held
expect_said "v0.9.0, somebody"

# The words of a run that is gone are left over.
rm -r "$run"
stage_deploy v2.0.0 --older
expect_exit 3
not_said "v0.9.0, somebody"

# Words that are no holder's are not shown.
printf 'rm -rf /\033[2J, loomrel says so' >"$lock"
stage_deploy v2.0.0 --older
expect_exit 3
not_said "rm -rf"
loomrel status --env stage --service "$SERVICE"
not_said "rm -rf"
loomrel --json rollback --env stage --service "$SERVICE" --yes
expect_exit 3
expect_json .error.code lock_held
not_said "rm -rf"
