#!/usr/bin/env bash
# Twenty hosts, two of them dead: the others are deployed or put back as the policy says, and each
# has its line in the result.
. "$(dirname "$0")/harness.sh"
lab command
many_hosts 20
configure_hosts 1 20 'parallel = 5' 'on_partial = "leave"'

# How many of the hosts answer with this version.
serving() {
    local n=0 i
    for i in "${!PORTS[@]}"; do
        [ "$(version_at "$i")" != "$1" ] || n=$((n + 1))
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
expect_in "$T/err" "127.0.0.1:$(port_of h7) недоступен" "127.0.0.1:$(port_of h13) недоступен" \
    "127.0.0.1:$(port_of h1): ✅ здесь всё удалось; сейчас работает: v1.1.0"
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
