#!/usr/bin/env bash
# No clone, no compose file, no docker: said with what to do, the ledger knows.
. "$(dirname "$0")/harness.sh"

lab command
mv "$T/stage/home/loom/$SERVICE" "$T/stage/home/loom/away"
stage_deploy v1.0.0
expect_exit 1
expect_json .failure.code no_repository .status staging_failed
expect_said "$T/stage/home/loom/$SERVICE"
mv "$T/stage/home/loom/away" "$T/stage/home/loom/$SERVICE"

sed -i 's/^engine = .*/engine = "compose"/; /^build = /d; /^up = /d; /^current = /d' "$T/ci/loomrel.toml"
version v1.1.0
stage_deploy v1.1.0
expect_exit 1
expect_json .failure.code no_compose_file .status staging_failed
expect_said "docker-compose/app.yaml"

mkdir -p "$T/stage/home/loom/loom-system/docker-compose"
echo 'services: {demo: {image: x}}' >"$T/stage/home/loom/loom-system/docker-compose/app.yaml"
hide_commands stage docker docker-compose
version v1.2.0
stage_deploy v1.2.0
expect_exit 1
expect_json .failure.code no_docker .status staging_failed
expect_said "Docker"
expect_row v1.2.0 status staging_failed

hide_commands stage flock
version v1.3.0
stage_deploy v1.3.0
expect_exit 4
expect_said "flock"
