#!/usr/bin/env bash
# --version and --help within 10 ms (a build without optimization gets twice that), without configuration, connection or ledger.
. "$(dirname "$0")/harness.sh"

# The best of many: what else the machine does at the moment is not what is measured.
best_of_forty() {
    local i from best=1000000
    for i in {1..40}; do
        from=$(date +%s%N)
        "$LOOMREL" "$@" >"$T/out" 2>"$T/err" || fail "$* ends with $?"
        i=$((($(date +%s%N) - from) / 10000))
        [ $i -ge $best ] || best=$i
    done
    echo $best
}

echo 'this is no TOML' >"$T/ci/loomrel.toml"
cd "$T/ci"
for what in --version --help; do
    took=$(best_of_forty "$what")
    echo "$what: $took / 100 ms"
    [ "$took" -le $((LOOMREL_BUDGET_MS * 100)) ] || is_sanitized || fail "$what took $took / 100 ms"
done
"$LOOMREL" --version | grep -qE '[0-9]+\.[0-9]+\.[0-9]+' || fail "no version"
"$LOOMREL" --help | grep -q stage-deploy || fail "no command in the help"
