#!/usr/bin/env bash
# A key that is not the pinned one: exit 4, nothing sent, both fingerprints and what to type.
. "$(dirname "$0")/harness.sh"

lab command
before=$(fingerprint "$T/stage/home")
pinned=$(fingerprint_of stage)
stop_sshd stage
make_host_key stage
start_sshd stage
stage_deploy v1.0.0
expect_exit 4
expect_json .failure.code host_key_changed
expect_said "$pinned" "$(fingerprint_of stage)" "loomrel trust"
expect_equal "logins" 0 "$(logins_of stage)"
expect_not_in "$T/stage/sshd/log" "publickey"
expect_equal "the host" "$before" "$(fingerprint "$T/stage/home")"
expect_sql 0 "SELECT count(*) FROM releases WHERE status NOT IN ('initiated', 'staging_failed')"

# Never seen: refused as well, and nothing is pinned by itself.
rm "$T/ci/loomrel.known_hosts"
stage_deploy v1.0.0
expect_exit 4
expect_json .failure.code host_key_unknown
expect_said "$(fingerprint_of stage)" "loomrel trust"
# What it says to type is what helps.
read -ra to_type < <(grep -oE 'loomrel trust [][@:.[:alnum:]-]+' "$T/err")
[ ! -e "$T/ci/loomrel.known_hosts" ] || fail "something was pinned unasked"
expect_equal "logins" 0 "$(logins_of stage)"

# A person looks and says yes; without a terminal and without --yes nobody is asked.
loomrel "${to_type[@]:1}"
expect_exit 3
loomrel "${to_type[@]:1}" --yes
expect_exit 0
expect_said "$(fingerprint_of stage)"
stage_deploy v1.0.0
expect_exit 0
expect_serves v1.0.0

# A pin in .env.servers counts before known_hosts.
echo "STAGE_HOST_KEY=$pinned" >>"$T/ci/.env.servers"
version v1.1.0
stage_deploy v1.1.0
expect_exit 4
expect_json .failure.code host_key_changed
