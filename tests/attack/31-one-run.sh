#!/usr/bin/env bash
# Clients that begin the same at once are one run, and whoever lost attaches (design 13.3). Over
# Postgres, which has many writers.
. "$(dirname "$0")/production.sh"

require postgres
use_postgres
production_lab
rounds=${LOOMREL_ROUNDS:-12} clients=${LOOMREL_CLIENTS:-4}

# all_at_once HOW_MANY ARGUMENTS…: CODES are their exit codes, in order of size.
all_at_once() {
    local n many=$1 pids=()
    shift
    for n in $(seq "$many"); do
        loomrel_start "c$n" --json "$@"
        pids+=("$STARTED")
    done
    CODES=()
    for n in $(seq "$many"); do
        loomrel_wait "c$n" "${pids[n - 1]}"
        CODES+=("$CODE")
    done
}
expect_codes() {
    [[ "${CODES[*]}" =~ ^(0 ?)+$ ]] || wrong "$1: exit codes ${CODES[*]}"
}
expect_runs() {
    local runs releases
    runs=$(sql "SELECT count(*) FROM runs WHERE ref = 'refs/tags/$2' AND environment = '$1'")
    releases=$(sql "SELECT count(*) FROM releases WHERE release_tag = '$2'")
    [ "$runs" = 1 ] || wrong "$runs runs of $2"
    [ "$releases" = 1 ] || wrong "$releases releases of $2"
}

attack "one GitHub run, begun by several at once, is several runs"
for round in $(seq "$rounds"); do
    version "v1.$round.0"
    as_github "4$round" 1 "v1.$round.0"
    all_at_once "$clients" stage-deploy
    expect_codes "round $round"
    expect_runs stage "v1.$round.0"
done
ENVIRONMENT=()

attack "a deploy outside GitHub, begun by several at once, is several releases"
for round in $(seq "$rounds"); do
    version "v2.$round.0"
    all_at_once "$clients" stage-deploy --service "$SERVICE" --tag "v2.$round.0"
    expect_codes "round $round"
    expect_runs stage "v2.$round.0"
done

attack "the losers of three production deploys at once are refused"
for round in 1 2 3; do
    approved "v3.$round.0"
    all_at_once 3 prod-deploy --service "$SERVICE" --tag "v3.$round.0" --release-id "$RELEASE"
    expect_codes "round $round"
    expect_runs prod "v3.$round.0"
    holds "v3.$round.0 does not serve" serves_now "v3.$round.0" prod
    holds "it was started more than once" eval \
        "[ \"\$(grep -cx 'v3.$round.0' '$T/prod/home/ups')\" = 1 ]"
done

judged
