#!/usr/bin/env bash
# kill -9 of loomrel at any moment: the same command again concludes the release; nothing starts twice.
. "$(dirname "$0")/harness.sh"

lab command
seed=${SEED:-$RANDOM}
echo "SEED=$seed"
RANDOM=$seed
n=0
# Dense where the start is, then over the whole run.
for ms in 5 25 45 65 90 130 200 350 600 1000; do
    n=$((n + 1)) tag=v2.$n.0
    version "$tag" --build 'for i in 1 2 3 4 5 6; do echo "line $i of the build"; sleep 0.1; done'
    as_github "$n" 1 "$tag"
    loomrel_start "$n" --json stage-deploy
    pid=$STARTED
    ms=$((ms + RANDOM % 10))
    sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
    kill -9 "$pid" 2>/dev/null || :
    wait "$pid" 2>/dev/null || :
    LIMIT=60 loomrel --json stage-deploy
    [ $CODE = 0 ] || fail "killed after about $ms ms: the same command again ends with $CODE"
    expect_json .ok true .status manual_testing .tag "$tag"
    expect_ups 1 "$tag"
    expect_equal "builds of $tag" 1 "$(grep -cxF "$tag" "$T/stage/home/builds")"
    expect_serves "$tag"
    expect_moves "$tag" "initiated building stage_deploy manual_testing"
    expect_sql 1 "SELECT count(*) FROM releases WHERE release_tag = '$tag'"
    expect_sql 0 "SELECT count(*) FROM runs WHERE ended_at IS NULL"
    log=$T/stage/log/$SERVICE/$tag.log
    expect_log_form "$log"
    for i in 1 2 3 4 5 6; do
        expect_count 1 "$log" "line $i of the build"
    done
    expect_count 1 "$log" "🚀 Начинаем деплой тега $tag"
    expect_count 1 "$log" "✅ Тег $tag успешно развернут и приложение работает!"
done
