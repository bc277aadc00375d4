# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # one of the pieces that lib/deploy/script.cpp puts together
# The compose engine. Compose's plugin is called directly where it is found: 30 to 40 ms a call.
# compose() itself is made by the plan: it holds the file and those env files that exist.

find_compose() {
    for d in "$HOME/.docker" /usr/local/lib/docker /usr/local/libexec/docker /usr/lib/docker \
        /usr/libexec/docker; do
        if [ -x "$d/cli-plugins/docker-compose" ]; then
            DC=$d/cli-plugins/docker-compose
            return
        fi
    done
    DC=
    docker compose version >/dev/null 2>&1
}

run_compose() {
    if [ -n "$DC" ]; then "$DC" "$@"; else docker compose "$@"; fi
}

# The service's containers, running or not, by compose's own labels.
containers() {
    for s in $COMPOSE_SERVICES; do
        timeout 20 docker ps "$@" --no-trunc -q --filter "label=com.docker.compose.project=$PROJECT" \
            --filter "label=com.docker.compose.service=$s"
    done
}

do_build() {
    m_building
    cd "$SYSTEM" 2>/dev/null && [ -f "$COMPOSE_FILE" ] || {
        m_no_compose_file
        fail 1 no_compose_file
        return
    }
    if ! command -v docker >/dev/null 2>&1 || ! find_compose; then
        m_no_docker
        fail 1 no_docker
        return
    fi
    compose config >"$R/config" 2>/dev/null &
    # shellcheck disable=SC2086
    told "docker compose build $COMPOSE_SERVICES" compose build $COMPOSE_SERVICES || {
        wait $!
        rm -f "$R/config"
        timeout 20 docker version >/dev/null 2>&1 || {
            m_no_docker
            fail 1 no_docker
            return
        }
        m_build_failed
        fail 1 build_failed
        return
    }
    wait $!
    PROJECT=$(sed -n 's/^name: //p;1q' "$R/config")
    [ "$HEALTH" != unset ] || find_health
    # It holds the service's secrets.
    rm -f "$R/config"
    [ -n "$PROJECT" ] && echo "$PROJECT" >"$D/project" || {
        m_no_compose_file
        fail 1 no_compose_file
        return
    }
    [ "$HEALTH" != unset ] || {
        m_no_health
        fail 2 no_health
    }
}

# No health given: the container's own check, if the compose file or the image has one.
find_health() {
    for s in $COMPOSE_SERVICES; do
        awk -v s="$s:" '/^  [^ ]/ { own = $1 == s } own && /^    healthcheck:/ { found = 1 }
            END { exit !found }' "$R/config" && continue
        i=$(compose config --images "$s" 2>/dev/null | head -n 1)
        case $(docker image inspect -f '{{json .Config.Healthcheck}}' "$i" 2>/dev/null) in
        '' | null) return ;;
        esac
    done
    HEALTH=docker
}

# An interrupted "up" leaves containers under borrowed names that make the next one fail: then all
# of the service's containers are taken away first.
clear_remains() {
    for c in $(containers -a); do
        case $(timeout 20 docker inspect -f '{{.Name}} {{.State.Status}}' "$c") in
        *created | /????????????_*) ;;
        *) continue ;;
        esac
        m_remains_removed
        # shellcheck disable=SC2046
        timeout 60 docker rm -f $(containers -a)
        return
    done
}

do_up() {
    clear_remains
    switch || return
    m_up
    # shellcheck disable=SC2086
    told "docker compose up -d $COMPOSE_SERVICES" \
        compose up -d --no-build --no-deps $COMPOSE_SERVICES || {
        m_up_failed
        last_lines
        fail 1 up_failed
    }
}

ask_docker() {
    for c in $(containers); do
        [ "$(docker inspect -f '{{if .State.Health}}{{.State.Health.Status}}{{end}}' "$c")" = healthy ] \
            || return
    done
}

# The image that each container runs is the one that its name was built to, it runs, and has not
# been restarted since; for stable_for.
is_as_built() {
    n=0
    for c in $(containers); do
        n=$((n + 1))
        # shellcheck disable=SC2046
        set -- $(docker inspect -f '{{.Image}} {{.State.Status}} {{.RestartCount}} {{.Config.Image}}' "$c")
        WHY="$4 $2 restarts=$3"
        [ "$2" = running ] && [ "$3" = 0 ] || return
        [ "$1" = "$(docker image inspect -f '{{.Id}}' "$4")" ] || return
        IMAGE=$1
    done
    # shellcheck disable=SC2086
    set -- $COMPOSE_SERVICES
    WHY="containers=$n"
    [ $n -ge $# ]
}

do_verify() {
    up_time
    since=$U
    while is_as_built; do
        up_time
        [ $((U - since)) -ge "$STABLE" ] && return
        sleep 0.25
    done
    m_verify_failed
    last_lines
    fail 1 verify_failed
}

last_lines() {
    journal container
    for c in $(containers -a); do
        timeout 20 docker logs --tail 30 "$c" 2>&1
    done
}

# What serves: the tag last kept here if its image is the one that runs, else the image.
observe() {
    { read -r PROJECT <"$D/project"; } 2>/dev/null || return
    c=$(containers | head -n 1)
    [ -n "$c" ] || return
    i=$(timeout 20 docker inspect -f '{{.Image}}' "$c")
    t='' k=''
    { read -r t _ _ k _ <"$D/current"; } 2>/dev/null
    if [ "$i" = "$k" ]; then echo "$t"; else echo "$i"; fi
}
