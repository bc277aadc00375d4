#!/usr/bin/env bash
# Makes tests/upgrade/fixtures anew: what loomrel a6b57ca leaves in a ledger and in a spool. Its own
# code writes all of it (write_fixtures.cc), in a tree of that commit; GitHub and Telegram are the
# tests' fakes. The ledgers are kept as SQL: both databases' own dumps, without comments, settings
# of the session, and what only psql understands.
#
#     tests/upgrade/make_fixtures.sh WORKDIR      (wants PostgreSQL's programs and sqlite3)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
commit=a6b57ca
work=$1
bin=$(dirname "$(find /usr/lib/postgresql -path '*/bin/initdb' | sort -V | tail -n 1)")
mkdir -p "$work"
work=$(cd "$work" && pwd)

tree=$work/tree
mkdir -p "$tree"
git -C "$here/../.." archive "$commit" | tar -x -C "$tree"
cp "$here/write_fixtures.cc" "$tree/tests/write_fixtures.cpp"
grep -q write_fixtures "$tree/tests/CMakeLists.txt" || cat >>"$tree/tests/CMakeLists.txt" <<'END'
add_executable(write_fixtures write_fixtures.cpp)
target_link_libraries(write_fixtures PRIVATE loomrel_bot loomrel_test_servers)
END
(
    cd "$tree"
    cmake -B build --preset dev --log-level=WARNING
    cmake --build build --target write_fixtures -j "${JOBS:-2}"
)
# write LEDGER SPOOL. The spool is meant for a ledger of this name, whatever the tests call theirs.
write() {
    FIXTURE_LEDGER=$1 FIXTURE_SPOOL=$2 FIXTURE_SPOOL_LEDGER=postgresql://ledger.example/releases \
        "$tree/build/tests/write_fixtures"
}

rm -rf "$work/spool" "$work/releases.db" "$work/spool.too"
write "sqlite://$work/releases.db" "$work/spool"

# The server refuses to run as root.
as_its_user() {
    if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}
server=$(as_its_user mktemp -d)
as_its_user "$bin/initdb" --pgdata="$server/data" --username=postgres --encoding=UTF8 --locale=C --auth=trust >"$work/initdb"
as_its_user "$bin/pg_ctl" -D "$server/data" -l "$server/log" -w \
    -o "-p 54329 -c listen_addresses=127.0.0.1 -c unix_socket_directories=$server" start
trap 'as_its_user "$bin/pg_ctl" -D "$server/data" -m immediate stop; rm -rf "$server"' EXIT
write postgresql://postgres@127.0.0.1:54329/postgres "$work/spool.too"

rm -rf "$here/fixtures"
mkdir -p "$here/fixtures"
cp -r "$work/spool" "$here/fixtures/spool"
chmod 644 "$here"/fixtures/spool/*
sqlite3 "$work/releases.db" .dump >"$here/fixtures/sqlite.sql"
"$bin/pg_dump" -h "$server" -p 54329 -U postgres --inserts --no-owner postgres \
    | sed -E '/^\\/d; /^--/d; /^SET /d; /^SELECT pg_catalog.set_config/d; /^$/d' \
        >"$here/fixtures/postgres.sql"
ls -l "$here/fixtures" "$here/fixtures/spool"
