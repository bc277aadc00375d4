#!/usr/bin/env bash
# Twenty hosts, two of them dead: the others are deployed or put back as the policy says, and each
# has its line in the result.
. "$(dirname "$0")/harness.sh"
lab command
rm -f "$T/ci/loomrel.known_hosts"
stop_sshd stage

hosts=''
for n in $(seq 20); do
    make_host "h$n"
    ports[n]=$(free_port)
    mkdir -p "$T/h$n/home/loom"
    git clone -q "$T/origin/$SERVICE.git" "$T/h$n/home/loom/$SERVICE"
    echo "${ports[n]}" >"$T/h$n/home/port"
    hosts="$hosts${hosts:+, }\"127.0.0.1:$(port_of "h$n")\""
done
cat >"$T/ci/loomrel.toml" <<EOF
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
parallel = 5
on_partial = "leave"
EOF
# Each login passes for an ordinary user, so that its state lies in its own home.
printf '%s\n' '#!/bin/sh' 'echo 1000' >"$T/id"
chmod +x "$T/id"
for n in $(seq 20); do
    mkdir -p "$T/h$n/home/own"
    ln -s "$T/id" "$T/h$n/home/own/id"
    sed -i "s|^read -r PATH.*|&\nPATH=$T/h$n/home/own:\$PATH|" "$T/h$n/login"
done

# How many of the hosts answer with this version.
serving() {
    local n=0 p
    for p in "${ports[@]}"; do
        [ "$(curl -fsS --max-time 2 "http://127.0.0.1:$p/version" 2>/dev/null)" != "$1" ] || n=$((n + 1))
    done
    echo $n
}

stage_deploy v1.0.0
expect_exit 0
expect_json '.hosts | length' 20 .ok true
expect_equal "hosts with v1.0.0" 20 "$(serving v1.0.0)"

stop_sshd h7
stop_sshd h13
version v1.1.0
stage_deploy v1.1.0
expect_exit 1
expect_json '.hosts | length' 20 '[.hosts[] | select(.ok)] | length' 18 .status staging_failed
expect_equal "hosts with v1.1.0" 18 "$(serving v1.1.0)"
expect_said "$(port_of h7)" "$(port_of h13)"
expect_sql 2 "SELECT count(*) FROM run_hosts WHERE state = 'unreachable'"

# The other policy: what went well is put back, the rest is not begun.
sed -i 's/^on_partial.*/on_partial = "restore"/' "$T/ci/loomrel.toml"
version v1.2.0
stage_deploy v1.2.0
expect_exit 1
expect_equal "hosts with v1.2.0" 0 "$(serving v1.2.0)"
expect_equal "hosts with v1.1.0" 18 "$(serving v1.1.0)"
expect_json '[.hosts[] | select(.restored)] | length > 0' true
expect_sql 1 "SELECT count(*) > 0 FROM run_hosts WHERE outcome = 'restored'"
