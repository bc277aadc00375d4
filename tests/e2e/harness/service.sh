# The sample service: a web server that answers with its version. Its repository has a bare origin,
# a developer's clone to make versions in, and a clone on the host, laid out as in the spec. Either
# a container (compose) or a process started by the service's own commands (command).
# shellcheck shell=bash

SERVICE=demo ENGINE=command PROJECT=lr-$ID

# lab [command|compose]: one host "stage", the service on it, a configuration. Tests begin here.
lab() {
    ENGINE=${1:-command}
    require sshd
    [ "$ENGINE" != compose ] || require docker
    make_host stage
    make_service
    install_service stage
    write_config
}

in_dev() {
    git -C "$T/dev/$SERVICE" -c user.name=dev -c user.email=dev@localhost "$@"
}

make_service() {
    local dir=$T/dev/$SERVICE
    SERVICE_PORT=$(free_port)
    export GIT_CONFIG_NOSYSTEM=1
    mkdir -p "$T/origin"
    git init -q --bare -b main "$T/origin/$SERVICE.git"
    git clone -q "$T/origin/$SERVICE.git" "$dir" 2>/dev/null
    mkdir -p "$dir/www"
    : >"$dir/build.sh"
    if [ "$ENGINE" = compose ]; then write_image; else write_commands; fi
    version v1.0.0
}

write_image() {
    local dir=$T/dev/$SERVICE
    cp "$(command -v busybox)" "$dir/busybox"
    cat >"$dir/Dockerfile" <<'EOF'
FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
COPY build.sh serve www/version /
RUN ["/bin/sh", "/build.sh"]
COPY www /www
CMD ["/bin/sh", "/serve"]
EOF
    cat >"$dir/serve" <<'EOF'
trap 'exit 0' TERM
httpd -f -p 8080 -h /www &
wait
EOF
}

# Started and stopped are counted, so that a test can tell "once" from "twice".
write_commands() {
    local dir=$T/dev/$SERVICE
    cat >"$dir/up.sh" <<EOF
set -eu
echo "\$LOOMREL_TAG" >>"\$HOME/ups"
port=\$(cat "\$HOME/port")
for p in \$(pgrep -f "^busybox httpd -p 127.0.0.1:\$port "); do kill "\$p"; done
while pgrep -f "^busybox httpd -p 127.0.0.1:\$port " >/dev/null; do sleep 0.02; done
busybox httpd -p 127.0.0.1:\$port -h "\$LOOMREL_TREE/www"
echo "\$LOOMREL_COMMIT" >"\$HOME/commit"
EOF
}

# version TAG [--build 'shell text'] [--unhealthy] [--no-tag]: a commit on main, tagged and pushed.
version() {
    local tag=$1 dir=$T/dev/$SERVICE
    shift
    echo "$tag" >"$dir/www/version"
    echo ok >"$dir/www/health"
    echo 'cat www/version >>"${HOME:-}/builds" 2>/dev/null || :' >"$dir/build.sh"
    in_dev rm -q --cached --ignore-unmatch www/health
    while [ $# -gt 0 ]; do
        case $1 in
        --build)
            printf '%s\n' "$2" >>"$dir/build.sh"
            shift
            ;;
        --unhealthy) rm "$dir/www/health" ;;
        --no-tag) local untagged=1 ;;
        *) fail "version does not know $1" ;;
        esac
        shift
    done
    in_dev add -A
    in_dev commit -q -m "$tag"
    [ -n "${untagged:-}" ] || in_dev tag -a -m "$tag" "$tag"
    in_dev push -q origin HEAD:main --tags
}

commit_of() {
    in_dev rev-parse "$1^{commit}"
}

# The host as the spec has it: loom/<service>, loom/loom-system/docker-compose, loom-system/env.
# install_service HOST [PORT [PROJECT]]
install_service() {
    local loom=$T/$1/home/loom port=${2:-$SERVICE_PORT} project=${3:-$PROJECT}
    mkdir -p "$loom/loom-system"/{docker-compose,env}
    git clone -q "$T/origin/$SERVICE.git" "$loom/$SERVICE"
    echo "$port" >"$T/$1/home/port"
    if [ "$ENGINE" = compose ]; then
        echo "DEMO_PORT=$port" >"$loom/loom-system/env/.env.app"
        cat >"$loom/loom-system/docker-compose/app.yaml" <<EOF
name: $project
services:
  $SERVICE:
    build:
      context: ../../$SERVICE
    image: $project/$SERVICE
    ports: ["127.0.0.1:\${DEMO_PORT:?}:8080"]
EOF
    fi
}

# More TOML for the parts: DEPLOY_TOML, SERVICE_TOML.
write_config() {
    local health="http://127.0.0.1:$SERVICE_PORT/health" state="state_dir = \"$T/stage/state\""
    # The trusted side's: found in a working directory it would be a repository's (design 13.5).
    export LOOMREL_CONFIG=$T/ci/loomrel.toml
    cat >"$T/ci/loomrel.toml" <<EOF
[store]
url = "$STORE_URL"
[deploy]
engine = "$ENGINE"
log_root = "$T/stage/log"
${STATE_TOML-$state}
health_interval = "1s"
${DEPLOY_TOML:-}
[services.$SERVICE]
health = "$health"
EOF
    [ "$ENGINE" != command ] || cat >>"$T/ci/loomrel.toml" <<'EOF'
build = "sh ./build.sh"
up = "sh ./up.sh"
current = "cat \"$HOME/commit\""
EOF
    printf '%s\n' "${SERVICE_TOML:-}" >>"$T/ci/loomrel.toml"
    write_servers
}

write_servers() {
    cat >"$T/ci/.env.servers" <<EOF
STAGE_HOST=127.0.0.1
STAGE_PORT=$(port_of stage)
STAGE_USER=$(id -un)
STAGE_KEY_FILE=$T/me/key
EOF
    chmod 600 "$T/ci/.env.servers"
}

# add_prod: a second host with the same service, behind the configuration of the first.
add_prod() {
    make_host prod
    PROD_PORT=$(free_port)
    install_service prod "$PROD_PORT" "$PROJECT-prod"
    cat >>"$T/ci/loomrel.toml" <<EOF
[environments.prod]
log_root = "$T/prod/log"
state_dir = "$T/prod/state"
${PROD_TOML:-}
[environments.prod.services.$SERVICE]
health = "http://127.0.0.1:$PROD_PORT/health"
EOF
    cat >>"$T/ci/.env.servers" <<EOF
PROD_HOST=127.0.0.1
PROD_PORT=$(port_of prod)
PROD_USER=$(id -un)
PROD_KEY_FILE=$T/me/key
EOF
}

# The version that answers on the service's port, of stage or of prod; empty = nobody.
serves() {
    local port=$SERVICE_PORT
    [ "${1:-stage}" = stage ] || port=$PROD_PORT
    curl -fsS --max-time 2 "http://127.0.0.1:$port/version" 2>/dev/null || :
}

serves_now() {
    [ "$(serves "${2:-stage}")" = "$1" ]
}

# expect_serves VERSION [prod]
expect_serves() {
    expect_equal "what serves" "$1" "$(serves "${2:-stage}")"
}

# The container that serves in a compose project, and the image that it runs.
container_of() {
    docker ps -q --filter "label=com.docker.compose.project=$1"
}

image_that_serves() {
    docker inspect -f '{{.Image}}' "$(container_of "$1")"
}

# How often the command engine was told to start this tag.
expect_ups() {
    touch "$T/stage/home/ups"
    expect_equal "starts of $2" "$1" "$(grep -cxF -e "$2" "$T/stage/home/ups" || :)"
}

# The versions that this lab's hosts keep, are giving up, or are about to keep.
capsules_of_lab() {
    local capsule
    for capsule in "$T"/*/state/*/*/capsules/*; do
        capsule=${capsule##*/}
        capsule=${capsule%.old}
        echo "${capsule%.new}"
    done
}

# "ID STATE CAPSULE IMAGE" of the containers that hold them, and of those whose version is gone: what
# runs in them lies in the lab's folder. The daemon is other tests' too, with services called alike.
holders_of_lab() {
    docker ps -aq --filter label=loomrel.capsule | xargs -r docker inspect -f \
        '{{.Id}} {{.State.Status}} {{index .Config.Labels "loomrel.capsule"}} {{.Image}}{{range .Mounts}} {{.Source}}{{end}}' \
        2>/dev/null | grep -F -e " $T/" -f <(capsules_of_lab) | cut -d ' ' -f 1-4 || :
}

remove_containers() {
    local project label c
    [ "$ENGINE" = compose ] || return 0
    for c in $(
        capsules_of_lab
        holders_of_lab | cut -d ' ' -f 3
    ); do
        docker ps -aq --filter "label=loomrel.capsule=$c" | xargs -r docker rm -f
        docker images --format '{{.Repository}}:{{.Tag}}' "loomrel-kept/*/*:$c" \
            | xargs -r docker rmi -f
    done
    for project in "$PROJECT" "$PROJECT-prod"; do
        label=label=com.docker.compose.project=$project
        docker ps -aq --filter "$label" | xargs -r docker rm -f
        docker network ls -q --filter "$label" | xargs -r docker network rm
        for c in "$project/*" "*/$project/*"; do
            docker images -q "$c" | sort -u | xargs -r docker rmi -f
        done
    done
} >/dev/null 2>&1
