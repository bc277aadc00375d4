# Several hosts of the environment stage, on the command engine: each its own sshd, home and state.
# shellcheck shell=bash

# many_hosts N [SSHD OPTION…]: h1 to hN instead of the lab's one; their services' ports in PORTS.
many_hosts() {
    local n count=$1
    shift
    rm -f "$T/ci/loomrel.known_hosts"
    stop_sshd stage
    printf '%s\n' '#!/bin/sh' 'echo 1000' >"$T/id"
    chmod +x "$T/id"
    PORTS=()
    for n in $(seq "$count"); do
        make_host "h$n"
        [ $# = 0 ] || {
            stop_sshd "h$n"
            start_sshd "h$n" "$@"
        }
        PORTS[n]=$(free_port)
        mkdir -p "$T/h$n/home/loom" "$T/h$n/home/own"
        git clone -q "$T/origin/$SERVICE.git" "$T/h$n/home/loom/$SERVICE"
        echo "${PORTS[n]}" >"$T/h$n/home/port"
        # Each login passes for an ordinary user, so that its state lies in its own home.
        ln -s "$T/id" "$T/h$n/home/own/id"
        sed -i "s|^read -r PATH.*|&\nPATH=$T/h$n/home/own:\$PATH|" "$T/h$n/login"
    done
}

# configure_hosts FIRST LAST [LINE…]: the configuration, LINEs being [environments.stage]'s and what
# follows it.
configure_hosts() {
    local n first=$1 last=$2 hosts=''
    shift 2
    for n in $(seq "$first" "$last"); do
        hosts="$hosts${hosts:+, }\"127.0.0.1:$(port_of "h$n")\""
    done
    cat >"$T/ci/loomrel.toml" <<END
[store]
url = "$STORE_URL"
[deploy]
engine = "command"
log_root = "$T/log"
[services.$SERVICE]
build = "sh ./build.sh"
up = "sh ./up.sh"
current = "cat \"\$HOME/commit\""
health = "none"
[environments.stage]
hosts = [$hosts]
END
    printf '%s\n' "$@" >>"$T/ci/loomrel.toml"
}

# What serves on host N; "" = nothing answers.
version_at() {
    curl -fsS --max-time 2 "http://127.0.0.1:${PORTS[$1]}/version" 2>/dev/null || :
}
