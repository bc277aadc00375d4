#!/usr/bin/env bash
# A service of three containers, two built from its repository and one pulled ready-made under the
# release's tag: they are deployed, brought back and gone back to together.
. "$(dirname "$0")/harness.sh"
SERVICE_TOML='health_attempts = 2
compose_services = ["demo", "demo-worker", "demo-side"]'
lab compose
REGISTRY=127.0.0.1:$(free_port)
WORKER_PORT=$(free_port) SIDE_PORT=$(free_port)
mkdir -p "$T/registry/tags"
start python3 "$SOURCE/tests/support/static_registry.py" "${REGISTRY#*:}" "$T/registry"
wait_for 10 "the registry answers" curl -fsS -o /dev/null "http://$REGISTRY/v2/"

system=$T/stage/home/loom/loom-system
cat >>"$system/docker-compose/app.yaml" <<EOF
  demo-worker:
    build:
      context: ../../$SERVICE
    ports: ["127.0.0.1:$WORKER_PORT:8080"]
  demo-side:
    image: $REGISTRY/$PROJECT/side:\${LOOMREL_TAG:?}
    ports: ["127.0.0.1:$SIDE_PORT:8080"]
  not-ours:
    image: $PROJECT/never-made
EOF

# publish TAG: what a build elsewhere would have pushed; nothing of it stays on this host.
publish() {
    local image=$REGISTRY/$PROJECT/side:$1
    docker build -q -t "$image" "$T/dev/$SERVICE" >/dev/null
    docker save "$image" | tar -x -C "$T/registry"
    jq -r '.manifests[0].digest' "$T/registry/index.json" >"$T/registry/tags/$1"
    docker rmi -f "$image" >/dev/null
}
expect_all_serve() {
    local port
    for port in "$SERVICE_PORT" "$WORKER_PORT" "$SIDE_PORT"; do
        expect_equal "what serves on $port" "$1" "$(curl -fsS --max-time 2 "http://127.0.0.1:$port/version")"
    done
}
deploy() {
    version "$@"
    publish "$1"
    stage_deploy "$1"
}

publish v1.0.0
stage_deploy v1.0.0
expect_exit 0
expect_json .status manual_testing '.hosts[0].serves' v1.0.0
expect_all_serve v1.0.0
expect_equal "containers" 3 "$(container_of "$PROJECT" | wc -l)"

deploy v1.1.0
expect_exit 0
expect_all_serve v1.1.0

# Bad: all three are back, also the one whose tag is long another.
deploy v1.3.0 --unhealthy
expect_exit 1
expect_json .status staging_failed .failure.step health '.hosts[0].serves' v1.1.0 \
    '.hosts[0].restored' true
expect_all_serve v1.1.0

# An image that nobody has pushed: told before anything is switched.
version v1.4.0
stage_deploy v1.4.0
expect_exit 1
expect_json .failure.step build .failure.code build_failed '.hosts[0].serves' v1.1.0
expect_said 'docker compose pull demo-side'
expect_all_serve v1.1.0

# Back with no registry and no origin.
mv "$T/registry" "$T/no-registry"
mv "$T/origin/$SERVICE.git" "$T/origin/away"
loomrel --json rollback --env stage --service "$SERVICE" --to v1.0.0 --yes
expect_exit 0
expect_json .tag v1.0.0 '.hosts[0].serves' v1.0.0
expect_all_serve v1.0.0
expect_equal "containers" 3 "$(container_of "$PROJECT" | wc -l)"

mv "$T/origin/away" "$T/origin/$SERVICE.git"
# One of the services is of this release only: the way back, and the restore, do without it.
sed -i 's/^compose_services.*/compose_services = ["demo"]/' "$T/ci/loomrel.toml"
version v1.5.0
stage_deploy v1.5.0
expect_exit 0
docker rm -f "$(docker ps -aq --filter "label=com.docker.compose.project=$PROJECT" \
    --filter label=com.docker.compose.service=demo-worker)" >/dev/null
sed -i 's/^compose_services.*/compose_services = ["demo", "demo-worker"]/' "$T/ci/loomrel.toml"
version v1.6.0 --unhealthy
stage_deploy v1.6.0
expect_exit 1
expect_json '.hosts[0].serves' v1.5.0 '.hosts[0].restored' true
expect_equal "what serves" v1.5.0 "$(curl -fsS --max-time 2 "http://127.0.0.1:$SERVICE_PORT/version")"
version v1.7.0
stage_deploy v1.7.0
expect_exit 0
loomrel --json rollback --env stage --service "$SERVICE" --yes
expect_exit 0
expect_json .tag v1.5.0 '.hosts[0].serves' v1.5.0
expect_equal "the worker" "" "$(curl -fsS --max-time 2 "http://127.0.0.1:$WORKER_PORT/version" || :)"
loomrel --json status --env stage
expect_json '.services[0].serves' v1.5.0

# What all versions share goes on through a rehearsal, whatever it has been through.
mv "$T/no-registry" "$T/registry"
publish fixed
cat >>"$system/docker-compose/app.yaml" <<EOF
  demo-fixed:
    image: $REGISTRY/$PROJECT/side:fixed
    restart: always
EOF
sed -i 's/^compose_services.*/compose_services = ["demo", "demo-fixed"]/' "$T/ci/loomrel.toml"
version v1.8.0
stage_deploy v1.8.0
expect_exit 0
fixed() {
    docker ps -q --no-trunc --filter "label=com.docker.compose.project=$PROJECT" \
        --filter label=com.docker.compose.service=demo-fixed
}
before=$(fixed)
kill -9 "$(docker inspect -f '{{.State.Pid}}' "$before")"
wait_for 20 "docker restarts it" eval \
    "[ \"\$(docker inspect -f '{{.RestartCount}} {{.State.Status}}' $before)\" = '1 running' ]"
version v1.9.0
stage_deploy v1.9.0 --rehearse-rollback
expect_exit 0
expect_json '.hosts[0].serves' v1.9.0 '.hosts[0].steps[-1].name' rehearse
expect_equal "the shared container" "$before" "$(fixed)"
