#!/usr/bin/env bash
# Host down, login refused: exit 4, a message to act on, nothing changed.
. "$(dirname "$0")/harness.sh"

lab command
before=$(fingerprint "$T/stage/home")

stop_sshd stage
stage_deploy v1.0.0
expect_exit 4
expect_json .failure.code host_unreachable
expect_said "127.0.0.1"
start_sshd stage

sed -i '/KEY_FILE/d' "$T/ci/.env.servers"
echo 'STAGE_PASSWORD=not-the-password-7Q' >>"$T/ci/.env.servers"
stage_deploy v1.0.0
expect_exit 4
expect_json .failure.code auth_failed
expect_said "_PASSWORD" ".env.servers"
cat "$T/out" "$T/err" >"$T/said"
expect_not_in "$T/said" "not-the-password-7Q"
loomrel rollback --env stage --host "$(id -un)@127.0.0.1:$(port_of stage)" --identity /nonexistent --yes
expect_exit 4
expect_said "/nonexistent" "--identity ФАЙЛ"

echo 'STAGE_HOST=no-such-host.invalid' >"$T/ci/.env.servers"
echo 'STAGE_PASSWORD=x' >>"$T/ci/.env.servers"
stage_deploy v1.0.0
expect_exit 4
expect_said "no-such-host.invalid"

expect_equal "the host" "$before" "$(fingerprint "$T/stage/home")"
expect_equal "state on the host" "" "$(ls "$T/stage/state")"
expect_sql 0 "SELECT count(*) FROM releases WHERE status NOT IN ('initiated', 'staging_failed')"
write_servers
stage_deploy v1.0.0
expect_exit 0
expect_serves v1.0.0
