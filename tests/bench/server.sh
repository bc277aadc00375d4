#!/usr/bin/env bash
# POST /release of `loomrel serve`, in turn with FastAPI + asyncpg and with pgbench, all doing the
# same transaction on one Postgres; and what the server holds in memory when idle.
. "$(dirname "$0")/common.sh"

CLIENTS=${CLIENTS:-8} SECONDS_EACH=${SECONDS_EACH:-6}
use_postgres
lab command
export KEY
loomrel db migrate
expect_exit 0
serve_start

port=$(free_port)
(cd "$SOURCE/tests/bench" && PYTHONDONTWRITEBYTECODE=1 \
    DSN="postgresql://postgres@127.0.0.1:$POSTGRES_PORT/releases" \
    exec python3 -m uvicorn fastapi_server:app --port "$port" --log-level warning) &
wait_for 30 "FastAPI listens" listens "$port"

# load URL: requests a second, and the 99th percentile in ms.
load() {
    wrk -t 2 -c "$CLIENTS" -d "${SECONDS_EACH}s" --latency -s "$SOURCE/tests/bench/release.lua" \
        "$1" -- "$RANDOM$RANDOM" >"$T/said" 2>&1 || fail "wrk: $(cat "$T/said")"
    awk '/^RESULT/ { if ($4 > 0) exit 1; print $2, $3 }' "$T/said" || fail "refused: $(cat "$T/said")"
}
for round in $(seq $((ROUNDS / 2 + 1))); do
    f=$(load "http://127.0.0.1:$port/api/tg-bot/release")
    o=$(load "$API/release")
    p=$("$(postgres_bin)/pgbench" -h 127.0.0.1 -p "$POSTGRES_PORT" -U postgres -n -M prepared \
        -c "$CLIENTS" -j 2 -T "$SECONDS_EACH" -f "$SOURCE/tests/bench/pgbench.sql" releases 2>"$T/said" \
        | awk '/^tps/ { print $3 }')
    [ "$round" = 1 ] || echo "$f $o $p" >>"$T/times"
done
column() { cut -d' ' -f"$1" "$T/times" | median; }
echo "FastAPI $(column 1)/s, p99 $(column 2) ms; loomrel $(column 3)/s, p99 $(column 4) ms; pgbench $(column 5)/s"
budget "POST /release : FastAPI + asyncpg" "$(ratio "$(column 3)" "$(column 1)")" least:3
budget "p99 : theirs" "$(ratio "$(column 4)" "$(column 2)")" 0.33
budget "POST /release : pgbench" "$(ratio "$(column 3)" "$(column 5)")" least:0.5
serve_stop
exit $OVER
