#!/usr/bin/env bash
# No room for the run's folder: refused before any effect, and the same command works later.
. "$(dirname "$0")/harness.sh"

require root
lab command
before=$(fingerprint "$T/stage/home")
small_disk stage 64k
dd if=/dev/zero of="$T/stage/state/filler" bs=1k 2>/dev/null || :
stage_deploy v1.0.0
expect_exit 4
expect_said "$T/stage/state"
expect_equal "the host" "$before" "$(fingerprint "$T/stage/home")"
expect_ups 0 v1.0.0
rm "$T/stage/state/filler"
mount -o remount,size=64m "$T/stage/state"
stage_deploy v1.0.0
expect_exit 0
expect_serves v1.0.0
