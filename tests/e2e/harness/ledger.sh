# The ledger: SQLite in the test's folder, or a Postgres cluster of the test's own. `sql` asks it
# behind loomrel's back.
# shellcheck shell=bash disable=SC2034 # names that the other parts use

LEDGER=sqlite STORE_URL=sqlite://$T/ledger.db

has_postgres() {
    [ -n "$(postgres_bin)" ] && { [ "$(id -u)" != 0 ] || id postgres >/dev/null 2>&1; }
}

postgres_bin() {
    local d
    for d in /usr/lib/postgresql/*/bin /usr/local/pgsql/bin; do
        [ -x "$d/initdb" ] && echo "$d"
    done | sort -V | tail -n 1
}

# The server refuses to run as root.
as_postgres() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=postgres --regid=postgres --clear-groups "$@"
    else
        "$@"
    fi
}

use_postgres() {
    local dir=$T/postgres
    POSTGRES_PORT=$(free_port)
    mkdir "$dir"
    [ "$(id -u)" != 0 ] || chown postgres: "$dir"
    as_postgres "$(postgres_bin)/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C \
        --no-sync >"$T/initdb.log" 2>&1 || fail "initdb: $(cat "$T/initdb.log")"
    start_postgres
    psql -q -h 127.0.0.1 -p "$POSTGRES_PORT" -U postgres -d postgres -c 'CREATE DATABASE releases'
    LEDGER=postgres STORE_URL=postgresql://postgres@127.0.0.1:$POSTGRES_PORT/releases
}

start_postgres() {
    start as_postgres "$(postgres_bin)/postgres" -D "$T/postgres/data" -h 127.0.0.1 \
        -p "$POSTGRES_PORT" -k "$T/postgres" -c fsync=off >>"$T/postgres.log" 2>&1
    wait_for 20 "Postgres takes connections" \
        psql -q -h 127.0.0.1 -p "$POSTGRES_PORT" -U postgres -d postgres -c 'SELECT 1' -o /dev/null
}

# SIGINT: at once, but whole.
stop_ledger() {
    local pid
    [ -e "$T/postgres/data/postmaster.pid" ] || return 0
    pid=$(head -n 1 "$T/postgres/data/postmaster.pid")
    kill -INT "$pid" 2>/dev/null || return 0
    wait_for 20 "Postgres stops" test ! -e "$T/postgres/data/postmaster.pid"
}

# One value a line, columns by |.
sql() {
    if [ $LEDGER = postgres ]; then
        psql -qAtX -h 127.0.0.1 -p "$POSTGRES_PORT" -U postgres -d releases -c "$1"
    else
        sqlite3 "$T/ledger.db" ".timeout 5000" "$1"
    fi
}

expect_sql() {
    local got
    got=$(sql "$2") || fail "the ledger does not answer: $2"
    [ "$got" = "$1" ] || fail "$2: wanted '$1', the ledger has '$got'"
}

# expect_row TAG COLUMN VALUE…: of the newest release of that tag.
expect_row() {
    local tag=$1
    shift
    while [ $# -ge 2 ]; do
        expect_sql "$2" "SELECT $1 FROM releases WHERE service_name = '$SERVICE' \
AND release_tag = '$tag' ORDER BY id DESC LIMIT 1"
        shift 2
    done
}

# expect_moves TAG 'initiated building …': the statuses the release went through, by its events.
expect_moves() {
    local got
    got=$(sql "SELECT to_status FROM release_events WHERE release_id = (SELECT max(id) FROM \
releases WHERE release_tag = '$1') AND to_status <> from_status ORDER BY id" | tr '\n' ' ')
    expect_equal "moves of $1" "$2 " "$got"
}

# Releases, or none where the ledger was not even made.
count_releases() {
    if [ $LEDGER = sqlite ] && [ ! -e "$T/ledger.db" ]; then
        echo 0
    else
        sql 'SELECT count(*) FROM releases' 2>/dev/null || echo 0
    fi
}
