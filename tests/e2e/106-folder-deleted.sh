#!/usr/bin/env bash
# Somebody deletes the run's folder, or all that loomrel keeps, while a run goes on: it ends in words,
# here within 10 s and on the host within 60 s, what served comes back, and the lock is free.
. "$(dirname "$0")/harness.sh"

lab command
stage_deploy v1.0.0
expect_exit 0
state=$T/stage/state/stage/$SERVICE

run_ended() {
    ! pgrep -f "$T/stage/state/.*run.sh" >/dev/null
}

# deleted TAG FOLDER…: the deploy is under way, the folders are deleted.
deleted() {
    SECONDS=0
    rm -rf "${@:2}"
    LIMIT=30 loomrel_wait "$1" "$pid"
    [ $SECONDS -le 10 ] || fail "the client took $SECONDS s"
    [ "$CODE" = 1 ] || [ "$CODE" = 7 ] || fail "exit code: wanted 1 or 7, got $CODE"
    cat "$T/out" "$T/err" >"$T/said"
    grep -qE 'Папку запуска на хосте удалили|пропала папка запуска' "$T/said" \
        || fail "nothing is said of the folder"
    wait_for 60 "the run has ended on the host" run_ended
    flock -n "$T/stage/home/loom/$SERVICE/.git/loomrel.lock" true || fail "the lock is held"
    expect_serves v1.0.0
}

for what in run state; do
    tag=v1.1.0
    [ $what = run ] || tag=v1.2.0
    version $tag --build 'touch "$HOME/building-$LOOMREL_TAG"; while :; do sleep 0.2; done'
    loomrel_start $tag --json stage-deploy --service "$SERVICE" --tag $tag
    pid=$STARTED
    wait_for 60 "it builds" test -e "$T/stage/home/building-$tag"
    run=$(sql "SELECT id FROM runs WHERE ref = 'refs/tags/$tag'")
    if [ $what = run ]; then
        deleted $tag "$state/runs/$run"
        expect_in "$T/stage/log/$SERVICE/$tag.log" "Папку запуска удалили"
        # The host knows how it ended.
        loomrel --json attach "$run"
        expect_exit 1
        expect_json .failure.code folder_gone '.hosts[0].serves' v1.0.0
        expect_row $tag status staging_failed
    else
        sleep 1.5 # the guardian has looked at it
        # All but the tree that what serves has its files in.
        mapfile -t kept < <(find "$state" -mindepth 1 -maxdepth 1 ! -name trees)
        deleted $tag "${kept[@]}"
    fi
done

# Behind the switch what served is brought back, also from what only the deleted output still said.
stage_deploy v1.0.0
expect_exit 0
version v1.3.0 --build 'rm -f "$HOME/upping"'
sed -i '1i if [ "$LOOMREL_TAG" = v1.4.0 ]; then : >"$HOME/upping"; sleep 100; fi' "$T/dev/$SERVICE/up.sh"
version v1.4.0
loomrel_start v1.4.0 --json stage-deploy --service "$SERVICE" --tag v1.4.0
pid=$STARTED
wait_for 60 "it switches" test -e "$T/stage/home/upping"
run=$(sql "SELECT id FROM runs WHERE ref = 'refs/tags/v1.4.0'")
# Once more than at first: what was known of the first start is gone.
expect_ups 2 v1.0.0
deleted v1.4.0 "$state/runs/$run"
expect_in "$T/stage/log/$SERVICE/v1.4.0.log" "Папку запуска удалили"
