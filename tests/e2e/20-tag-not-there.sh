#!/usr/bin/env bash
# A tag that the remote does not have: said in the spec's words, nothing served changes.
. "$(dirname "$0")/harness.sh"

lab command
stage_deploy v1.0.0
expect_exit 0
# On the host only: it must not count.
git -C "$T/stage/home/loom/$SERVICE" tag v9.9.8
stage_deploy v9.9.9
expect_exit 1
expect_json .ok false .exit 1 .status staging_failed .failure.step repository \
    .failure.code ref_not_found '.hosts[0].serves' v1.0.0
expect_said "Тег v9.9.9 не найден в репозитории после обновления!"
expect_row v9.9.9 status staging_failed "completed_at IS NOT NULL" 1
expect_moves v9.9.9 "initiated staging_failed"
expect_in "$T/stage/log/$SERVICE/v9.9.9.log" \
    " - ❌ Тег v9.9.9 не найден в репозитории после обновления!"
expect_serves v1.0.0
expect_ups 0 v9.9.9
