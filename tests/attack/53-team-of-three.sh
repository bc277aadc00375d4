#!/usr/bin/env bash
# What must not be in the way of those who are not attacked: a team of three with one secret and
# passwords, the API on an address of its LAN by plain http, Postgres in a compose network. All of it
# works, with one warning in doctor and in config check (design 13.5).
. "$(dirname "$0")/harness.sh"

has_busybox() {
    command -v busybox >/dev/null
}
require busybox postgres
make_service
install_service team
world_start
ssh_host team $TEAM_HOST

# Postgres wants a password from whoever comes over the network.
mkdir "$T/postgres"
chown postgres: "$T/postgres"
echo of-the-database >"$T/postgres.password"
as_postgres "$(postgres_bin)/initdb" -D "$T/postgres/data" -U postgres --auth-local=trust \
    --auth-host=scram-sha-256 --pwfile="$T/postgres.password" -E UTF8 --locale=C --no-sync \
    >"$T/initdb.log" 2>&1 || fail "initdb: $(cat "$T/initdb.log")"
echo "host all all all scram-sha-256" >>"$T/postgres/data/pg_hba.conf"
start nsenter -t "$WORLD" -n -- setpriv --reuid=postgres --regid=postgres --clear-groups \
    "$(postgres_bin)/postgres" -D "$T/postgres/data" -h $COMPOSE -p 5432 -k "$T/postgres" \
    -c fsync=off >>"$T/postgres.log" 2>&1
ask() {
    psql -qAtX -h "$T/postgres" -U postgres -d "$1" -c "$2"
}
wait_for 20 "Postgres takes connections" ask postgres 'SELECT 1'
ask postgres 'CREATE DATABASE releases'

# The server: a container beside the database, by the spec's variables alone.
mkdir "$T/server"
key=the-one-secret-of-the-team
server=("LOOM_INTERSERVER_SECRET_KEY=$key" "LOOM_RELEASE_TG_BOT_POSTGRES_CONTAINER_NAME=$COMPOSE"
    LOOM_RELEASE_TG_BOT_POSTGRES_PORT=5432 LOOM_RELEASE_TG_BOT_POSTGRES_DB_NAME=releases
    LOOM_RELEASE_TG_BOT_POSTGRES_USER=postgres
    LOOM_RELEASE_TG_BOT_POSTGRES_PASSWORD=of-the-database)
(cd "$T/server" && exec nsenter -t "$WORLD" -n -- env "${server[@]}" "$LOOMREL" --json serve \
    --listen $TEAM:8000) </dev/null >"$T/serve.out" 2>"$T/serve.err" &
wait_for 30 "the server listens" grep -q '}$' "$T/serve.out"

# A developer's machine, in the service's repository.
cat >"$T/ci/loomrel.toml" <<END
language = "en"
[deploy]
engine = "command"
log_root = "$T/team/log"
state_dir = "$T/team/state"
[services.demo]
health = "http://127.0.0.1:$SERVICE_PORT/health"
build = "sh ./build.sh"
up = "sh ./up.sh"
current = "cat \"\$HOME/commit\""
END
known_line team $TEAM_HOST >"$T/ci/loomrel.known_hosts"
git_in "$T/ci" init -q -b main
git_in "$T/ci" add -A
git_in "$T/ci" commit -q -m first
cat >"$T/me/.env.servers" <<END
STAGE_HOST=$TEAM_HOST
STAGE_PASSWORD=of-the-host
LOOM_RELEASE_TG_BOT_API_URL=http://$TEAM:8000/api/tg-bot
LOOM_INTERSERVER_SECRET_KEY=$key
END
chmod 600 "$T/me/.env.servers"
team() {
    echo "loomrel $*" >"$T/command"
    CODE=0
    in_client sh -c 'cd "$1" && shift && exec timeout 60 "$@"' sh "$T/ci" "$LOOMREL" "$@" \
        </dev/null >"$T/out" 2>"$T/err" || CODE=$?
}
# One warning says that something goes without TLS, and where.
one_warning() {
    local n
    n=$(cat "$T/out" "$T/err" | grep '⚠️' | grep -cE "$1|TLS|http:") || :
    expect_equal "warnings of what goes without TLS" 1 "$n"
}

team config check
expect_exit 0
one_warning "$TEAM"
team doctor
one_warning "$TEAM"
expect_not_in "$T/out" "LOOMREL_INSECURE"
team --json stage-deploy --service demo --tag v1.0.0
expect_exit 0
expect_json .ok true .status manual_testing
expect_equal "what the database has" "demo v1.0.0 manual_testing" \
    "$(ask releases "SELECT service_name || ' ' || release_tag || ' ' || status FROM releases")"
team --json release list
expect_exit 0
expect_json '.releases[0].status' manual_testing
team status
expect_exit 0
expect_in "$T/received/$TEAM_HOST:22 ssh password" of-the-host

# On the server's side: the database is a step away, and that is said once as well.
CODE=0
(cd "$T/server" && nsenter -t "$WORLD" -n -- env "${server[@]}" "$LOOMREL" --lang en config check) \
    >"$T/out" 2>"$T/err" </dev/null || CODE=$?
expect_exit 0
one_warning "$COMPOSE"
