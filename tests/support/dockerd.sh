# A Docker daemon for the tests: the one that answers, else one of our own in a temporary folder.
# shellcheck shell=bash

DOCKER_DIR=''

start_docker() {
    docker info >/dev/null 2>&1 && return
    local socket i
    if ! command -v dockerd >/dev/null || { [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; }; then
        echo "no Docker daemon answers, and none can be started here" >&2
        return
    fi
    DOCKER_DIR=$(mktemp -d "${TMPDIR:-/tmp}/loomrel-docker.XXXXXX")
    socket=$DOCKER_DIR/docker.sock
    as_root setsid dockerd --data-root "$DOCKER_DIR/data" --exec-root "$DOCKER_DIR/exec" \
        --pidfile "$DOCKER_DIR/pid" --host "unix://$socket" --group "$(id -gn)" \
        </dev/null >"$DOCKER_DIR/log" 2>&1 &
    export DOCKER_HOST=unix://$socket
    for i in {1..120}; do
        ! docker info >/dev/null 2>&1 || return 0
        sleep 0.25
    done
    echo "dockerd does not come up after $((i / 4)) s:" >&2
    tail -n 20 "$DOCKER_DIR/log" >&2
}

stop_docker() {
    local pid
    [ -n "$DOCKER_DIR" ] || return 0
    if pid=$(as_root cat "$DOCKER_DIR/pid" 2>/dev/null); then
        as_root kill "$pid"
        while as_root kill -0 "$pid" 2>/dev/null; do
            sleep 0.1
        done
    fi
    as_root rm -rf "$DOCKER_DIR"
}
