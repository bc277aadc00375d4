#!/usr/bin/env bash
# examples/quickstart.sh shows the main job, twice, and leaves nothing behind.
. "$(dirname "$0")/harness.sh"

require sshd
before=$(find "$TMPDIR" -maxdepth 1 -name 'loomrel-quickstart.*' | wc -l)
declare -A says=([en]='Deploying tag v1.0.0' [ru]='Начинаем деплой тега v1.0.0')
for language in en ru; do
    # What is exported for a real ledger and a language of one's own is not the demonstration's.
    LOOMREL_LANG=en LOOM_RELEASE_TG_BOT_API_URL=http://127.0.0.1:1 \
        "$SOURCE/examples/quickstart.sh" $language >"$T/out" 2>"$T/err" </dev/null || fail "it ends with $?"
    expect_in "$T/out" "manual_testing" "loomrel stage-deploy" "v1.0.0" "${says[$language]}"
    expect_equal "folders left" "$before" \
        "$(find "$TMPDIR" -maxdepth 1 -name 'loomrel-quickstart.*' | wc -l)"
done
