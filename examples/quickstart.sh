#!/usr/bin/env bash
# loomrel's main job, shown on this machine: builds loomrel, makes a "stage host" (an sshd of its own
# in a throw-away folder) with a small service, and deploys a tag to it. Nothing is left behind.
#
#   examples/quickstart.sh [ru|en]      what loomrel says; default: by $LANG
#   LOOMREL_BIN=…                       shows that binary instead of building one
set -euo pipefail
cd "$(dirname "$0")/.."
source_dir=$PWD

# shellcheck source=tests/support/packages.sh
. tests/support/packages.sh

case ${1:-${LANG:-}} in
ru*) language=ru ;;
*) language=en ;;
esac

# What is exported here for a real ledger, real hosts or a language is not the demonstration's.
chosen=${LOOMREL_BIN:-}
unset "${!LOOMREL_@}" "${!LOOM_@}"
LOOMREL_BIN=$chosen

heading() {
    printf '\n\033[1m%s\033[0m\n' "$*"
}

# Shows a command, then does it.
show() {
    printf '\033[2m$\033[0m %s\n' "$*"
    "$@"
}

free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

build() {
    heading "Packages and build"
    install_packages "${BUILD_PACKAGES[@]}" "${DEMO_PACKAGES[@]}"
    cmake --preset release --log-level=WARNING
    cmake --build build/release
    LOOMREL_BIN=$PWD/build/release/loomrel
}

# Whatever happens: what was started ends, what was made goes.
clean_up() {
    local code=$? p
    trap '' EXIT INT TERM HUP
    set +e
    cd /
    if [ $engine = compose ]; then
        docker ps -aq --filter "label=com.docker.compose.project=$project" | xargs -r docker rm -f
        docker network ls -q --filter "label=com.docker.compose.project=$project" \
            | xargs -r docker network rm
        docker images -q "$project/*" | sort -u | xargs -r docker rmi -f
    fi >/dev/null 2>&1
    [ -z "$sshd" ] || kill "$sshd"
    # Whatever was started on the host carries its mark.
    for p in $(grep -lszF "LOOMREL_QUICKSTART=$dir" /proc/[0-9]*/environ | tr -dc '0-9\n'); do
        [ "$p" = $$ ] || kill "$p"
    done 2>/dev/null
    rm -rf "$dir"
    [ $code != 0 ] || heading "Done. The host, the service and their folder are gone again."
    exit $code
}

# A login to this machine that finds the home of a "stage host".
make_host() {
    mkdir -p "$host"/{home/loom,log,state}
    ssh-keygen -q -t ed25519 -N '' -C '' -f "$dir/key"
    ssh-keygen -q -t ed25519 -N '' -C '' -f "$dir/host_key"
    cat >"$dir/login" <<EOF
#!/bin/sh
export HOME=$host/home LOOMREL_QUICKSTART=$dir PATH=$PATH ${DOCKER_HOST:+DOCKER_HOST=$DOCKER_HOST}
cd "\$HOME" && exec /bin/sh -c "\$SSH_ORIGINAL_COMMAND"
EOF
    chmod +x "$dir/login"
    cat >"$dir/sshd_config" <<EOF
ListenAddress 127.0.0.1
Port $ssh_port
HostKey $dir/host_key
AuthorizedKeysFile $dir/key.pub
StrictModes no
UsePAM no
PidFile none
PermitRootLogin yes
ForceCommand $dir/login
SetEnv HOME=$host/home
EOF
    [ "$(id -u)" != 0 ] || mkdir -p /run/sshd
    "$(command -v sshd)" -D -e -f "$dir/sshd_config" 2>"$dir/sshd.log" &
    sshd=$!
    until (exec 3<>"/dev/tcp/127.0.0.1/$ssh_port") 2>/dev/null; do
        kill -0 "$sshd" 2>/dev/null || {
            cat "$dir/sshd.log" >&2
            exit 1
        }
        sleep 0.05
    done
}

# A repository with a tag; cloned on the host beside loom-system, as loomrel expects it.
make_service() {
    git init -q --bare -b main "$dir/hello.git"
    git clone -q "$dir/hello.git" "$dir/hello" 2>/dev/null
    mkdir "$dir/hello/www"
    echo 'hello from v1.0.0' >"$dir/hello/www/index.html"
    echo ok >"$dir/hello/www/health"
    if [ $engine = compose ]; then in_container; else in_process; fi
    git -C "$dir/hello" add -A
    git -C "$dir/hello" -c user.name=dev -c user.email=dev@localhost commit -q -m 'Say hello'
    git -C "$dir/hello" tag v1.0.0
    git -C "$dir/hello" push -q origin HEAD:main v1.0.0
    git clone -q "$dir/hello.git" "$host/home/loom/hello"
}

in_container() {
    local system=$host/home/loom/loom-system
    cp "$(command -v busybox)" "$dir/hello/busybox"
    cat >"$dir/hello/Dockerfile" <<'EOF'
FROM scratch
COPY busybox /bin/busybox
COPY www /www
STOPSIGNAL SIGKILL
CMD ["/bin/busybox", "httpd", "-f", "-p", "8080", "-h", "/www"]
EOF
    mkdir -p "$system"/{docker-compose,env}
    echo "HELLO_PORT=$port" >"$system/env/.env.app"
    cat >"$system/docker-compose/app.yaml" <<EOF
name: $project
services:
  hello:
    build: ../../hello
    image: $project/hello
    ports: ["127.0.0.1:\${HELLO_PORT}:8080"]
EOF
}

in_process() {
    cat >"$dir/hello/up.sh" <<EOF
set -eu
[ ! -e "\$HOME/hello.pid" ] || kill "\$(cat "\$HOME/hello.pid")" 2>/dev/null || :
setsid busybox httpd -f -p 127.0.0.1:$port -h "\$LOOMREL_TREE/www" </dev/null >"\$HOME/hello.log" 2>&1 &
echo \$! >"\$HOME/hello.pid"
echo "\$LOOMREL_COMMIT" >"\$HOME/hello.commit"
EOF
}

configure() {
    cat >"$dir/ci/loomrel.toml" <<EOF
language = "$language"

[deploy]
engine = "$engine"
log_root = "$host/log"
state_dir = "$host/state"

[services.hello]
health = "http://127.0.0.1:$port/health"
EOF
    [ $engine = compose ] || cat >>"$dir/ci/loomrel.toml" <<'EOF'
up = "sh ./up.sh"
current = "cat \"$HOME/hello.commit\""
EOF
    cat >"$dir/ci/.env.servers" <<EOF
STAGE_HOST=127.0.0.1
STAGE_PORT=$ssh_port
STAGE_USER=$(id -un)
STAGE_KEY_FILE=$dir/key
EOF
    chmod 600 "$dir/ci/.env.servers"
}

[ -n "${LOOMREL_BIN:-}" ] || build
command -v sshd >/dev/null || PATH=$PATH:/usr/sbin

dir=$(mktemp -d "${TMPDIR:-/tmp}/loomrel-quickstart.XXXXXX")
host=$dir/host project=loomrel-quickstart-$$ sshd='' engine=command
ssh_port=$(free_port) port=$(free_port)
if docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1; then
    engine=compose
fi
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

heading "A stage host and a service with the tag v1.0.0, in $dir"
mkdir "$dir/ci"
make_host
make_service
configure
echo "engine: $engine"
sed 's/^/    /' "$dir/ci/loomrel.toml"

# From here on as in your own CI, but for the ledger: it is the default, a SQLite file.
cd "$dir/ci"
mkdir "$dir/bin"
ln -s "$(cd "$source_dir" && realpath "$LOOMREL_BIN")" "$dir/bin/loomrel"
PATH=$dir/bin:$PATH
export XDG_STATE_HOME=$dir/ledger
unset CI GITHUB_ACTIONS

heading "The host's key is pinned once, by somebody who has looked at it"
show loomrel trust stage --yes

heading "The tag is deployed"
show loomrel stage-deploy --service hello --tag v1.0.0

heading "What the ledger, the host and the service say"
show loomrel release show 1
show cat "$host/log/hello/v1.0.0.log"
show curl -fsS "http://127.0.0.1:$port/health"
show loomrel status
