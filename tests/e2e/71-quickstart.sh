#!/usr/bin/env bash
# examples/quickstart.sh shows the main job, twice, and leaves nothing behind.
. "$(dirname "$0")/harness.sh"

require sshd
before=$(find "$TMPDIR" -maxdepth 1 -name 'loomrel-quickstart.*' | wc -l)
for language in en ru; do
    "$SOURCE/examples/quickstart.sh" $language >"$T/out" 2>"$T/err" </dev/null || fail "it ends with $?"
    expect_in "$T/out" "manual_testing" "loomrel stage-deploy" "v1.0.0"
    expect_equal "folders left" "$before" \
        "$(find "$TMPDIR" -maxdepth 1 -name 'loomrel-quickstart.*' | wc -l)"
done
