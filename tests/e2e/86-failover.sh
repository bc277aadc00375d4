#!/usr/bin/env bash
# The Postgres primary is lost mid-way and its standby promoted: a deploy that is under way and the
# server go on by themselves, and nothing that was recorded is lost.
. "$(dirname "$0")/harness.sh"

require postgres
use_postgres
bin=$(postgres_bin) || :
primary=$POSTGRES_PORT standby=$(free_port)
mkdir "$T/standby"
[ "$(id -u)" != 0 ] || chown postgres: "$T/standby"
as_postgres "$bin/pg_basebackup" -h 127.0.0.1 -p "$primary" -U postgres -D "$T/standby/data" -R \
    -X stream -c fast
start as_postgres "$bin/postgres" -D "$T/standby/data" -h 127.0.0.1 -p "$standby" \
    -k "$T/standby" -c fsync=off >>"$T/standby.log" 2>&1
wait_for 20 "the standby takes connections" \
    psql -q -h 127.0.0.1 -p "$standby" -U postgres -d postgres -c 'SELECT 1' -o /dev/null
# What is acknowledged is on both.
sql "ALTER SYSTEM SET synchronous_standby_names = '*'" >/dev/null
sql 'SELECT pg_reload_conf()' >/dev/null
STORE_URL="postgresql://postgres@127.0.0.1:$primary,127.0.0.1:$standby/releases?target_session_attrs=read-write"

lab command
serve_start
stage_deploy v1.0.0
expect_exit 0
call GET /releases/1
expect_answer 200 .status manual_testing

version v1.1.0 --build 'sleep 5'
loomrel_start deploy --json stage-deploy --service "$SERVICE" --tag v1.1.0
is_building() {
    [ "$(sql "SELECT count(*) FROM releases WHERE status = 'building'")" = 1 ]
}
wait_for 20 "the build begins" is_building
kill -QUIT "$(head -n 1 "$T/postgres/data/postmaster.pid")"
sleep 1
as_postgres "$bin/pg_ctl" -D "$T/standby/data" -w promote >/dev/null
POSTGRES_PORT=$standby
loomrel_wait deploy "$STARTED"
expect_exit 0
expect_serves v1.1.0
expect_row v1.1.0 status manual_testing
expect_moves v1.1.0 'initiated building stage_deploy manual_testing'
expect_row v1.0.0 status manual_testing

# The server was told nothing, and answers from the other one.
call GET /health
expect_answer 200
call POST /release '{"service_name":"other","release_tag":"v2.0.0","initiated_by":"me","github_run_id":"9"}'
expect_answer 201
expect_sql 1 "SELECT count(*) FROM releases WHERE service_name = 'other'"
loomrel --json db check
expect_exit 0
