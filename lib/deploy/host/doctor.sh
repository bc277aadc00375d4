# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # one of the pieces that lib/deploy/script.cpp puts together
# What a deploy will need here, each tried for real. "check NAME ok|bad|warn DETAIL".
# Reads: COMPOSE_FILE COMPOSE_SERVICES CURE D ENVIRONMENT HAVE HEALTH LOG_ROOT OWNER PATH STRANGE
#     SYSTEM TREE
# Sets: GIT_PATIENCE WHY

check() {
    name=$1
    shift
    if WHY=$("$@" 2>&1); then
        tell check "$name" ok "$(echo "$WHY" | head -n 1)"
    else
        tell check "$name" bad "$(echo "$WHY" | head -n 1)"
        return 1
    fi
}

can_flock() { f=$(mktemp) && flock -n -s "$f" true && rm -f "$f"; }
can_setsid() { setsid true; }
can_sync() { f=$(mktemp) && sync "$f" && mv -T "$f" "$f.moved" && rm -f "$f.moved"; }

# Not GNU's tail only polls: the output comes a second late, nothing worse.
has_gnu_tail() { tail --version 2>/dev/null | grep -q GNU || { echo tail polls && false; }; }

can_ask() {
    [ "$HEALTH" != url ] && [ "$HEALTH" != unset ] && return
    command -v curl || command -v wget || { echo 'curl, wget' && false; }
}

can_write() {
    mkdir -p "$1" && f=$(mktemp "$1/.loomrel.XXXXXX") && rm -f "$f" && echo "$1"
}

# In MiB; below 1 GiB a build is a gamble.
has_room() {
    free=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
    echo "$1: $free MiB"
    [ "$free" -ge 1024 ]
}

has_repository() {
    find_git || { echo "$TREE" && false; }
}

trusts_tree() {
    know_owner
    [ -n "$STRANGE" ] || return 0
    cure_tree
    echo "$STRANGE: $OWNER. $CURE"
    false
}

can_fetch() {
    GIT_PATIENCE='timeout 20'
    own_git ls-remote -q origin HEAD >/dev/null && echo origin
}

has_docker() {
    timeout 20 docker version -f '{{.Server.Version}}'
}

has_compose() {
    find_compose || { echo "$PATH" && false; }
    v=$(run_compose version --short) && echo "$v"
    case ${v#v} in 1.*) return 1 ;; esac
}

has_compose_file() {
    cd "$SYSTEM" && compose config --services >/dev/null && echo "$SYSTEM/$COMPOSE_FILE"
}

knows_services() {
    known=$(cd "$SYSTEM" && compose config --services) || return
    for s in $COMPOSE_SERVICES; do
        echo "$known" | grep -qx "$s" || { echo "$s" && return 1; }
    done
}

# What can be gone back to is there: the versions that are not.
has_kept() {
    see_images
    [ "$HAVE" != '?' ] || { echo 'docker: no answer' && return 1; }
    lost=$(list_lost | cut -d' ' -f1 | tr '\n' ' ')
    [ -z "$lost" ] || { echo "$lost" && false; }
}

# The holders that do not run.
are_held() {
    weak=$(dock ps -a --filter "name=^loomrel-kept-$ENVIRONMENT-" --filter status=created \
        --format '{{.Names}}' | head -n 5 | tr '\n' ' ')
    [ -z "$weak" ] || { echo "$weak" && false; }
}

# Two configured hosts must not be one machine.
machine_id() {
    cat /etc/machine-id
}

doctor() {
    state_of_host
    for t in git awk; do
        check "tool_$t" command -v $t
    done
    check flock can_flock
    check setsid can_setsid
    check sync can_sync
    check tail has_gnu_tail
    check http can_ask
    check state_dir can_write "$D"
    check log_root can_write "$LOG_ROOT"
    check disk has_room "$D"
    find_git
    check repository has_repository && check tree trusts_tree && check origin can_fetch
    if [ -n "$COMPOSE_FILE" ]; then
        check docker has_docker
        check compose has_compose && check compose_file has_compose_file && check services knows_services
        check kept has_kept
        check holders are_held
    fi
    tell machine "$(machine_id 2>/dev/null)"
    tell over
}
