#!/usr/bin/env bash
# stage and prod on one machine, out of one clone: each keeps and goes back to its own versions, and
# one lock orders them.
. "$(dirname "$0")/harness.sh"
SERVICE_TOML='health_attempts = 2
[telegram]
approvers = [11]'
lab compose

# Production: another compose project beside the first, built from the same tree.
PROD_PORT=$(free_port)
cp -r "$T/stage/home/loom/loom-system" "$T/stage/home/loom/loom-prod"
sed -i "s/$PROJECT/$PROJECT-prod/" "$T/stage/home/loom/loom-prod/docker-compose/app.yaml"
echo "DEMO_PORT=$PROD_PORT" >"$T/stage/home/loom/loom-prod/env/.env.app"
cat >>"$T/ci/loomrel.toml" <<EOF
[environments.prod]
system_dir = "loom-prod"
[environments.prod.services.$SERVICE]
health = "http://127.0.0.1:$PROD_PORT/health"
EOF
sed -n 's/^STAGE_/PROD_/p' "$T/ci/.env.servers" >"$T/prod.env"
cat "$T/prod.env" >>"$T/ci/.env.servers"

to_prod() {
    id=$(sql "SELECT max(id) FROM releases WHERE release_tag = '$1'")
    loomrel --json release approve "$id" --as 11
    expect_exit 0
    loomrel --json prod-deploy --service "$SERVICE" --tag "$1" --release-id "$id"
}
containers() {
    docker ps -q --no-trunc --filter "label=com.docker.compose.project=$1"
}

stage_deploy v1.0.0
expect_exit 0
stage=$(containers "$PROJECT")
to_prod v1.0.0
expect_exit 0
expect_serves v1.0.0
expect_serves v1.0.0 prod
expect_equal "the container of stage" "$stage" "$(containers "$PROJECT")"

version v1.1.0
stage_deploy v1.1.0
expect_exit 0
expect_serves v1.0.0 prod
to_prod v1.1.0
expect_exit 0
expect_serves v1.1.0 prod
version v1.2.0
stage_deploy v1.2.0
expect_exit 0
loomrel --json status
expect_json '[.services[] | "\(.environment) \(.serves) \(.back_to)"] | sort | join(", ")' \
    'prod v1.1.0 v1.0.0, stage v1.2.0 v1.1.0'

# Production goes back while a deploy to stage holds the clone: named, not waited for, not disturbed.
version v1.3.0 --build 'i=0; while [ $i -lt 8 ]; do i=$((i + 1)); sleep 1; done'
loomrel_start stage --json stage-deploy --service "$SERVICE" --tag v1.3.0
pid=$STARTED
locked() {
    ! flock -n "$T/stage/home/loom/$SERVICE/.git/loomrel.lock" true
}
wait_for 60 "stage holds the lock" locked
loomrel --json rollback --service "$SERVICE" --yes
expect_exit 3
expect_json .error.code run_in_progress
expect_said "loomrel cancel $(sql "SELECT id FROM runs WHERE ended_at IS NULL")"
expect_row v1.1.0 status deployed
expect_serves v1.1.0 prod
loomrel_wait stage "$pid"
expect_exit 0
expect_serves v1.3.0

# Then it goes back, and stage does not notice.
stage=$(containers "$PROJECT")
loomrel --json rollback --service "$SERVICE" --yes
expect_exit 0
expect_json .tag v1.0.0 '.hosts[0].serves' v1.0.0
expect_serves v1.0.0 prod
expect_serves v1.3.0
expect_equal "the container of stage" "$stage" "$(containers "$PROJECT")"
expect_row v1.1.0 status rollback_done rollback_to_tag v1.0.0
expect_row v1.3.0 status manual_testing

# And stage goes back by itself after a bad deploy, from a tree that production left elsewhere.
prod=$(containers "$PROJECT-prod")
version v1.4.0 --unhealthy
stage_deploy v1.4.0
expect_exit 1
expect_json '.hosts[0].serves' v1.3.0 '.hosts[0].restored' true
expect_serves v1.3.0
expect_serves v1.0.0 prod
expect_equal "the container of prod" "$prod" "$(containers "$PROJECT-prod")"
