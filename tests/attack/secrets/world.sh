# The two namespaces and who listens in the world.
# shellcheck shell=bash disable=SC2034,SC2153 # names for and from the other parts

# Whose they are: the trusted side's own, and the attacker's. "plain" are public without TLS, the
# next three show a certificate that is not theirs.
API=198.51.100.10 POSTGRES=198.51.100.11 STAGE=198.51.100.20 PROD=198.51.100.30 BASTION=198.51.100.21 DEV=198.51.100.40
COLLECTOR=198.51.100.50 TELEGRAM=198.51.100.60 GITHUB=198.51.100.61
PLAIN=198.51.100.100 SELF_SIGNED=198.51.100.101 FOREIGN=198.51.100.102 OTHER_NAME=198.51.100.103
REDIRECTOR=198.51.100.104 IMPOSTOR=198.51.100.105
ATTACKER=198.51.100.66 TEAM=10.66.0.10 TEAM_HOST=10.66.0.20 COMPOSE=172.28.0.5
WORLD_ADDRESSES=("$API" "$POSTGRES" "$STAGE" "$PROD" "$BASTION" "$DEV" "$COLLECTOR" "$TELEGRAM" "$GITHUB"
    "$PLAIN" "$SELF_SIGNED" "$FOREIGN" "$OTHER_NAME" "$REDIRECTOR" "$IMPOSTOR" "$ATTACKER" "$TEAM"
    "$TEAM_HOST" "$COMPOSE")

has_namespaces() {
    command -v unshare nsenter ip >/dev/null && unshare -n -m true 2>/dev/null
}

has_strace() {
    command -v strace >/dev/null
}

has_openssl() {
    command -v openssl >/dev/null
}

has_pam() {
    local file
    for file in /lib/*/security/pam_exec.so /usr/lib/*/security/pam_exec.so; do
        [ ! -e "$file" ] || return 0
    done
    return 1
}

in_world() {
    nsenter -t "$WORLD" -n -- "$@"
}

in_client() {
    nsenter -t "$CLIENT" -n -m -- "$@"
}

own_namespaces() {
    [ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

# world_start: LISTENERS, one a line, may be added to before: secrets/listeners.py knows the words.
world_start() {
    local address
    require root sshd namespaces openssl pam strace
    start unshare -n -m sleep infinity
    WORLD=$STARTED
    start unshare -n -m sleep infinity
    CLIENT=$STARTED
    wait_for 10 "namespaces" own_namespaces "$WORLD"
    wait_for 10 "namespaces" own_namespaces "$CLIENT"
    in_client ip link set lo up
    in_world ip link set lo up
    in_client ip link add client type veth peer name world netns "$WORLD"
    in_world ip link set world up
    in_client ip link set client up
    in_client ip address add 192.0.2.2/30 dev client
    in_world ip address add 192.0.2.1/30 dev world
    for address in "${WORLD_ADDRESSES[@]}"; do
        in_world ip address add "$address/32" dev world
        in_client ip route add "$address/32" via 192.0.2.1
    done
    make_certificates
    mkdir "$T/received"
    client_files
    start_listeners
}

# sign NAME AUTHORITY SUBJECT-ALTERNATIVE-NAMES
sign() {
    openssl req -newkey rsa:2048 -nodes -keyout "$T/tls/$1.key" -subj "/CN=$1" \
        -out "$T/tls/$1.csr" 2>/dev/null
    openssl x509 -req -in "$T/tls/$1.csr" -CA "$T/tls/$2.crt" -CAkey "$T/tls/$2.key" -days 30 \
        -set_serial "$RANDOM" -extfile <(echo "subjectAltName=$3") -out "$T/tls/$1.crt" 2>/dev/null
}

make_certificates() {
    local name ours
    mkdir "$T/tls"
    for name in authority stranger; do
        openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/tls/$name.key" -subj "/CN=$name" \
            -days 30 -out "$T/tls/$name.crt" 2>/dev/null
    done
    ours="DNS:api.telegram.org,DNS:api.github.com"
    for name in "${WORLD_ADDRESSES[@]}"; do
        [ "$name" = $ATTACKER ] || [ "$name" = $OTHER_NAME ] || ours="$ours,IP:$name"
    done
    sign good authority "$ours"
    sign foreign stranger "$ours"
    sign attacker authority "IP:$ATTACKER,DNS:attacker.example"
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/tls/self.key" -subj "/CN=self" -days 30 \
        -addext "subjectAltName=$ours" -out "$T/tls/self.crt" 2>/dev/null
}

# What the client's programs find in /etc: the names of the world, and one authority.
client_files() {
    local file
    printf '%s\n' "127.0.0.1 localhost" "$TELEGRAM api.telegram.org" "$GITHUB api.github.com" \
        >"$T/hosts"
    in_client mount --bind "$T/hosts" /etc/hosts
    for file in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
        [ ! -e $file ] || in_client mount --bind "$T/tls/authority.crt" $file
    done
}

start_listeners() {
    cat >>"$T/listeners" <<END
https $API 443 good
https $COLLECTOR 4318 good
https $TELEGRAM 443 good
https $GITHUB 443 good
postgres $POSTGRES 5432 good
http $PLAIN 80
postgres $PLAIN 5432
https $SELF_SIGNED 443 self
postgres $SELF_SIGNED 5432 self
https $FOREIGN 443 foreign
postgres $FOREIGN 5432 foreign
https $OTHER_NAME 443 attacker
postgres $OTHER_NAME 5432 attacker
redirect $REDIRECTOR 443 good https://$ATTACKER/
redirect $REDIRECTOR 8443 good http://$ATTACKER/
http $ATTACKER 80
https $ATTACKER 443 attacker
http $ATTACKER 3128
http $ATTACKER 4318
postgres $ATTACKER 5432 attacker
postgres $ATTACKER 5433
END
    start nsenter -t "$WORLD" -n -- python3 "$ATTACK/secrets/listeners.py" "$T/listeners" "$T/tls" \
        "$T/received" >"$T/listening" 2>"$T/listeners.err"
    ssh_host stage "$STAGE"
    ssh_host prod "$PROD"
    ssh_host dev "$DEV"
    ssh_host impostor "$IMPOSTOR"
    ssh_host bastion "$BASTION"
    ssh_host attacker "$ATTACKER"
    wait_for 20 "the world listens" grep -q '^ready' "$T/listening"
}

# ssh_host NAME ADDRESS: a real sshd that lets in whoever gives a password and writes it down, and
# what is then sent to be run; nothing of that is run, unless there is a home for it: $T/NAME/home.
ssh_host() {
    local dir=$T/$1
    mkdir -p "$dir"
    ssh-keygen -q -t ed25519 -N '' -C '' -f "$dir/key"
    cat >"$dir/password" <<END
#!/bin/sh
cat >>'$T/received/$2:22 ssh password'
echo >>'$T/received/$2:22 ssh password'
END
    cat >"$dir/session" <<END
#!/bin/sh
printf '%s\n' "\$SSH_ORIGINAL_COMMAND" >>'$T/received/$2:22 ssh session'
timeout 0.5 cat >>'$T/received/$2:22 ssh session'
exit 1
END
    [ ! -d "$dir/home" ] || cat >"$dir/session" <<END
#!/bin/sh
export LOOMREL_E2E=$T HOME=$dir/home LANG=C.UTF-8 PATH=$PATH
cd "\$HOME" && exec /bin/sh -c "\$SSH_ORIGINAL_COMMAND"
END
    chmod +x "$dir/password" "$dir/session"
    cat >"$dir/pam" <<END
auth required pam_exec.so quiet expose_authtok $dir/password
account required pam_permit.so
session required pam_permit.so
END
    cat >"$dir/config" <<END
ListenAddress $2:22
HostKey $dir/key
UsePAM yes
PasswordAuthentication yes
KbdInteractiveAuthentication no
PermitRootLogin yes
PidFile none
MaxStartups 100
ForceCommand $dir/session
END
    ! sshd -T -f "$dir/config" -o PerSourcePenalties=no >/dev/null 2>&1 \
        || echo "PerSourcePenalties no" >>"$dir/config"
    mkdir -p /run/sshd
    # Every sshd asks PAM for "sshd": each has a mount of its own there.
    start nsenter -t "$WORLD" -n -- unshare -m bash -c \
        "mount --bind '$dir/pam' /etc/pam.d/sshd && exec '$(command -v sshd)' -D -e -f '$dir/config'" 2>"$dir/log"
    wait_for 10 "sshd of $1 listens" grep -q '^Server listening' "$dir/log"
}

pin_of() {
    ssh-keygen -lf "$T/$1/key.pub" | cut -d' ' -f2
}

# known_line NAME ADDRESS: what stands in a known_hosts.
known_line() {
    echo "$2 $(cut -d' ' -f1,2 "$T/$1/key.pub")"
}
