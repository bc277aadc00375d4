#!/usr/bin/env bash
# rollback from a capsule, in turn with what compose alone needs for the switch, and with a rebuild
# of the older version over ssh, its cache warm. These have a service of their own: what they put there
# is nothing for loomrel to keep.
. "$(dirname "$0")/common.sh"

lab compose
add_prod
version v1.1.0
for tag in v1.0.0 v1.1.0; do
    stage_deploy $tag
    expect_exit 0
done
cd "$T/prod/home/loom/loom-system"

compose() {
    docker compose -f docker-compose/app.yaml --env-file env/.env.app "$@"
}
ready() {
    until curl -fsS "http://127.0.0.1:$PROD_PORT/health"; do sleep 0.02; done
}
recreate() {
    compose up -d --no-build --no-deps --force-recreate "$SERVICE" && ready
}
back() {
    (cd "$T/ci" && exec "$LOOMREL" --json rollback --service "$SERVICE" --env stage --to "$1" --yes)
}
rebuild() {
    on_host prod bash -s <<END
set -e
cd ~/loom/$SERVICE
git fetch -q --tags --force origin
git checkout -q --detach "refs/tags/$1^{commit}"
cd ../loom-system
compose() { docker compose -f docker-compose/app.yaml --env-file env/.env.app "\$@"; }
compose build $SERVICE
compose up -d --no-build --no-deps $SERVICE
until curl -fsS http://127.0.0.1:$PROD_PORT/health; do sleep 0.02; done
END
}

rebuild v1.1.0 >"$T/said" 2>&1
to=v1.1.0 # and there and back
for round in $(seq $((ROUNDS + 1))); do
    [ $to = v1.0.0 ] && to=v1.1.0 || to=v1.0.0
    r=$(time_of recreate)
    b=$(time_of back $to)
    expect_serves $to
    w=$(time_of rebuild $to)
    expect_serves $to prod
    [ "$round" = 1 ] || echo "$r $b $w" >>"$T/times"
done
r=$(cut -d' ' -f1 "$T/times" | median) b=$(cut -d' ' -f2 "$T/times" | median)
w=$(cut -d' ' -f3 "$T/times" | median)
echo "compose's recreate $r ms, rollback $b ms, rebuild with a warm cache $w ms"
budget "rollback, more than compose's recreate and readiness" "$(awk -v a="$b" -v b="$r" 'BEGIN { print a - b }')" 400 ms
budget "rollback : rebuild with a warm cache" "$(ratio "$b" "$w")" 0.65
budget "rollback : rebuild whose build takes 60 s" "$(awk -v b="$b" -v w="$w" 'BEGIN { printf "%.2f", b / (w + 60000) }')" 0.10
exit $OVER
