# A "host": a real sshd with port, keys and configuration of its own, whose logins find a home, a
# log folder and a state folder of their own. Several of them are several hosts.
# shellcheck shell=bash

# make_host NAME: in $T/NAME; HOST_PORT_name is its port.
make_host() {
    local name=$1 host=$T/$1
    mkdir -p "$host"/{home,log,state,sshd,bin}
    declare -g "HOST_PORT_$name=$(free_port)"
    [ -e "$T/me/key" ] || ssh-keygen -q -t ed25519 -N '' -C '' -f "$T/me/key"
    make_host_key "$name"
    cp "$T/me/key.pub" "$host/sshd/authorized_keys"
    echo "$PATH" >"$host/path"
    cat >"$host/login" <<EOF
#!/bin/sh
export LOOMREL_E2E=$T HOME=$host/home LANG=C.UTF-8 ${DOCKER_HOST:+DOCKER_HOST=$DOCKER_HOST}
read -r PATH <$host/path
cd "\$HOME" && exec /bin/sh -c "\$SSH_ORIGINAL_COMMAND"
EOF
    chmod +x "$host/login"
    start_sshd "$name"
    know_host "$name"
}

make_host_key() {
    rm -f "$T/$1/sshd/host_key" "$T/$1/sshd/host_key.pub"
    ssh-keygen -q -t ed25519 -N '' -C '' -f "$T/$1/sshd/host_key"
}

port_of() {
    local port=HOST_PORT_$1
    echo "${!port}"
}

# More lines of sshd_config may be given; they come first, so they win.
start_sshd() {
    local name=$1 dir=$T/$1/sshd
    shift
    printf '%s\n' "$@" >"$dir/config"
    cat >>"$dir/config" <<EOF
Port $(port_of "$name")
ListenAddress 127.0.0.1
HostKey $dir/host_key
AuthorizedKeysFile $dir/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication yes
KbdInteractiveAuthentication no
PermitRootLogin yes
ForceCommand $T/$name/login
SetEnv HOME=$T/$name/home
LogLevel VERBOSE
EOF
    # A wrong password must not close the door to the test that follows.
    ! sshd -T -f "$dir/config" -o PerSourcePenalties=no >/dev/null 2>&1 \
        || echo "PerSourcePenalties no" >>"$dir/config"
    # Where sshd was installed but never started by the system, its empty folder is missing.
    [ "$(id -u)" != 0 ] || mkdir -p /run/sshd
    start "$(command -v sshd)" -D -e -f "$dir/config" 2>"$dir/log"
    echo "$STARTED" >"$dir/pid"
    # Not by a connection: newer versions hold those that do not log in against their address.
    wait_for 10 "sshd of $name listens" grep -q '^Server listening' "$dir/log"
}

# The listener only: connections that are there stay, as with a restarted service.
stop_sshd() {
    stop "$(cat "$T/$1/sshd/pid")"
}

# Pins the host's present key where loomrel looks for it.
know_host() {
    printf '[127.0.0.1]:%s %s\n' "$(port_of "$1")" "$(cat "$T/$1/sshd/host_key.pub")" \
        >>"$T/ci/loomrel.known_hosts"
}

fingerprint_of() {
    ssh-keygen -lf "$T/$1/sshd/host_key.pub" | cut -d' ' -f2
}

# The host's logins find an empty /var/lib of their own: what loomrel keeps for root lies there.
own_var_lib() {
    mkdir -p "$T/$1/var"
    sed -i "s|^cd .*|exec unshare -m /bin/sh -c 'mount --bind $T/$1/var /var/lib \&\& cd \"\$HOME\" \&\& exec /bin/sh -c \"\$SSH_ORIGINAL_COMMAND\"'|" \
        "$T/$1/login"
}

# What a person would do by hand: a command over plain ssh.
on_host() {
    local name=$1
    shift
    ssh -F /dev/null -p "$(port_of "$name")" -i "$T/me/key" -o BatchMode=yes \
        -o UserKnownHostsFile="$T/ci/loomrel.known_hosts" "$(id -un)@127.0.0.1" "$@"
}

# How often somebody logged in, and how many commands were started.
logins_of() {
    grep -c -E '^Accepted (publickey|password|keyboard)' "$T/$1/sshd/log" || :
}

commands_of() {
    grep -c '^Starting session: forced-command' "$T/$1/sshd/log" || :
}

# The host's logins no longer find the named commands.
hide_commands() {
    local name=$1 dir=$T/$1/bin c
    shift
    for c in /usr/local/bin /usr/bin /bin /usr/sbin /sbin; do
        ln -s "$c"/* "$dir/" 2>/dev/null || :
    done
    for c in "$@"; do
        rm -f "$dir/$c"
    done
    echo "$dir" >"$T/$name/path"
}

# The host's state folder on a disk of so many bytes.
small_disk() {
    mount -t tmpfs -o "size=$2" tmpfs "$T/$1/state"
    echo "$T/$1/state" >>"$T/mounts"
}

# proxy_start NAME: from now on CI reaches the host through a proxy that can be told to misbehave
# (tests/support/fault_proxy.py): proxy blackhole on, proxy reset, …
proxy_start() {
    local words
    start python3 "$SOURCE/tests/support/fault_proxy.py" --to "127.0.0.1:$(port_of "$1")" >"$T/proxy"
    wait_for 10 "the proxy listens" grep -q '^listen ' "$T/proxy"
    read -ra words <"$T/proxy"
    PROXY_CONTROL=${words[3]}
    printf '[127.0.0.1]:%s %s\n' "${words[1]}" "$(cat "$T/$1/sshd/host_key.pub")" \
        >>"$T/ci/loomrel.known_hosts"
    sed -i "s/^STAGE_PORT=.*/STAGE_PORT=${words[1]}/" "$T/ci/.env.servers"
}

proxy() {
    local answer
    exec 4<>"/dev/tcp/127.0.0.1/$PROXY_CONTROL"
    echo "$*" >&4
    read -r -t 10 answer <&4 || fail "the proxy does not answer '$*'"
    exec 4>&-
    echo "$answer"
}
