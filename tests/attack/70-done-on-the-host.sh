#!/usr/bin/env bash
# What somebody does on production's host itself is told, by whoever looks: `reconcile`, and `serve`
# again and again (design 13.10). What nobody approved is an alarm, and is never "deployed".
. "$(dirname "$0")/production.sh"
require docker
REWIND=''
MORE_TOML='[server]
look_every = "1s"'
production_lab compose
on_production v1.1.0
second=$RELEASE

attack "a restore by hand that nobody hears of"
on_host prod "sh $T/prod/state/prod/$SERVICE/restore v1.0.0" >"$T/by-hand" 2>&1 || wrong "by hand: $(cat "$T/by-hand")"
holds "v1.0.0 does not serve" wait_for 20 served serves_now v1.0.0 prod
try --json reconcile --dry-run
expect_json '.hosts | length' 1 '.hosts[0].what' by_hand '.hosts[0].serves' v1.0.0
is deployed "$second"
try --json reconcile
expect_exit 0
expect_json '.hosts[0].what' by_hand '.hosts[0].by' "$(id -un)@127.0.0.1"
is rollback_done "$second"
expect_sql v1.0.0 "SELECT rollback_to_tag FROM releases WHERE id = $second"
expect_sql host "SELECT source FROM runs WHERE source <> ''"
expect_sql "$(id -un)@127.0.0.1" "SELECT actor FROM release_events WHERE to_status = 'rollback_done'"
expect_sql 1 "SELECT count(*) FROM outbox JOIN release_events ON release_events.id = event_id WHERE to_status = 'rollback_done'"
told
try --json reconcile
expect_json '.hosts | length' 0
try release events "$second"
expect_said '"by_hand":true'

# by_hand_up IMAGE: what anybody can who may log in there.
by_hand_up() {
    docker tag "$1" "$PROJECT-prod/$SERVICE"
    (cd "$T/prod/home/loom/loom-system/docker-compose" \
        && docker compose --env-file ../env/.env.app -f app.yaml up -d --no-build --force-recreate) >"$T/by-hand" 2>&1 \
        || wrong "by hand: $(cat "$T/by-hand")"
}

promise "status says where host and ledger disagree, and changes nothing"
on_host prod "sh $T/prod/state/prod/$SERVICE/restore v1.1.0" >"$T/by-hand" 2>&1 || wrong "by hand: $(cat "$T/by-hand")"
holds "v1.1.0 does not serve" wait_for 20 served serves_now v1.1.0 prod
mark
try --json status --env prod
expect_json '.services[0].disagreement.serves' v1.1.0 '.services[0].disagreement.ledger' v1.0.0 \
    '.services[0].disagreement.next' 'loomrel reconcile'
try --lang en status --env prod
expect_said 'serves v1.1.0, by the ledger it is v1.0.0' 'loomrel reconcile'
[ "$(ledger_knows)" = "$KNEW" ] || wrong "the ledger was told"
on_host prod "sh $T/prod/state/prod/$SERVICE/restore v1.0.0" >"$T/by-hand" 2>&1 || wrong "by hand: $(cat "$T/by-hand")"
holds "v1.0.0 does not serve" wait_for 20 served serves_now v1.0.0 prod
try --json status --env prod
expect_json '.services[0].disagreement' null
try --json reconcile
expect_exit 0

attack "an image that nobody approved, started on the host"
staged v1.2.0
by_hand_up "$PROJECT/$SERVICE"
holds "v1.2.0 does not serve" wait_for 20 served serves_now v1.2.0 prod
try --json reconcile
expect_exit 0
expect_json '.hosts | length' 1 '.hosts[0].what' unproven '.hosts[0].approved' v1.0.0
never_status deployed "$RELEASE"
expect_sql 1 "SELECT count(*) FROM outbox WHERE kind = 'unproven'"
told
# Once a day, not at every look.
try --json reconcile
expect_sql 1 "SELECT count(*) FROM outbox WHERE kind = 'unproven'"
try --json status --env prod
expect_json '.services[0].disagreement.ledger' v1.0.0 \
    '.services[0].disagreement.next' "loomrel rollback --env prod --service $SERVICE --to v1.0.0"
try --lang en reconcile
expect_said 'serves what nobody approved' "loomrel rollback --service $SERVICE --to v1.0.0"

promise "serve looks by itself, and its log says what it found"
LIMIT=90 try rollback --service "$SERVICE" --to v1.0.0 --yes
[ "$CODE" = 0 ] || wrong "rollback: exit $CODE"
SERVE_ENV=(LOOMREL_CONFIG="$CONFIG")
write_server_config() {
    mkdir -p "$T/server"
    cp "$T/ci/.env.servers" "$T/server/.env.servers"
    echo "LOOM_INTERSERVER_SECRET_KEY=$KEY" >>"$T/server/.env.servers"
}
serve_start
on_host prod "sh $T/prod/state/prod/$SERVICE/restore v1.1.0" >"$T/by-hand" 2>&1 || wrong "by hand: $(cat "$T/by-hand")"
holds "its log says nothing" wait_for 20 said grep -q '"restored_by_hand"' "$T/serve.err"
is deployed "$second"
by_hand_up "$PROJECT/$SERVICE"
holds "its log says nothing" wait_for 20 said grep -q '"unproven_serves"' "$T/serve.err"
is deployed "$second"

promise "a host that is away is said in serve's log, an object a line"
# It takes connections and says nothing.
kill -STOP "$(cat "$T/prod/sshd/pid")"
holds "its log says nothing" wait_for 40 said grep -q '"host_silent"' "$T/serve.err"
holds "its log has other lines" jq -es 'all(.event)' "$T/serve.err"
kill -CONT "$(cat "$T/prod/sshd/pid")"

judged
