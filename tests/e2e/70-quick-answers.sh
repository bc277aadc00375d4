#!/usr/bin/env bash
# --version and --help within 10 ms, without configuration, connection or ledger.
. "$(dirname "$0")/harness.sh"

median_ms() {
    local i from
    for i in {1..21}; do
        from=$(date +%s%N)
        "$LOOMREL" "$@" >"$T/out" 2>"$T/err" || fail "exit code of $*"
        echo $((($(date +%s%N) - from) / 10000))
    done | sort -n | sed -n 11p
}

echo 'broken' >"$T/ci/loomrel.toml"
cd "$T/ci"
nothing() {
    local i from
    for i in {1..21}; do
        from=$(date +%s%N)
        /bin/true --version >"$T/out" 2>"$T/err"
        echo $((($(date +%s%N) - from) / 10000))
    done | sort -n | sed -n 11p
}
floor=$(nothing)
for what in --version --help; do
    took=$(($(median_ms $what) - floor))
    echo "$what: $took hundredths of a ms above /bin/true"
    # Sanitizers and a busy machine are not what is measured here.
    [ $took -le "${BUDGET:-1000}" ] || [ -n "${ASAN_OPTIONS:-}" ] || fail "$what took $took / 100 ms"
done
"$LOOMREL" --version | grep -qE '[0-9]+\.[0-9]+\.[0-9]+' || fail "no version"
