# What a test starts, and how all of it ends again: by process id, never by a name.
# shellcheck shell=bash disable=SC2034,SC2046 # names for the other parts; process ids are words

# require docker|postgres|sshd|root: without it the test is skipped, or fails where all is required.
require() {
    local what
    for what in "$@"; do
        has_"$what" && continue
        if [ "$LOOMREL_TEST_REQUIRE" = all ]; then
            fail "this test needs $what, and LOOMREL_TEST_REQUIRE=all"
        fi
        echo "skipped: needs $what"
        exit 77
    done
}

has_sshd() {
    command -v sshd >/dev/null && command -v ssh-keygen >/dev/null
}

has_docker() {
    timeout 20 docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1
}

has_root() {
    [ "$(id -u)" = 0 ]
}

# Runs in the background; STARTED is its process id.
start() {
    "$@" &
    STARTED=$!
}

stop() {
    kill "$1" 2>/dev/null || return 0
    wait "$1" 2>/dev/null || :
}

# wait_for SECONDS WHAT COMMAND…: until the command succeeds; fails naming WHAT.
wait_for() {
    local seconds=$1 what=$2 until
    shift 2
    until=$((EPOCHSECONDS + seconds))
    until "$@" 2>/dev/null; do
        [ $EPOCHSECONDS -le $until ] || fail "not within $seconds s: $what"
        sleep 0.1
    done
}

listens() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# A port below those that the kernel gives to outgoing connections, claimed for this test's life:
# tests run side by side.
free_port() {
    local port claims=$TMPDIR/loomrel-e2e-ports-$UID
    mkdir -p "$claims"
    while :; do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        if [ -L "$claims/$port" ] && [ ! -e "/proc/$(readlink "$claims/$port")" ]; then
            rm -f "$claims/$port"
        fi
        ln -s $$ "$claims/$port" 2>/dev/null || continue
        echo "$claims/$port" >>"$T/claims"
        listens "$port" || break
    done
    echo "$port"
}

# Runs on a host outlive whoever started them: all that carries this test's mark goes.
stop_marked() {
    local p pids=()
    for p in $(grep -lszF "LOOMREL_E2E=$T" /proc/[0-9]*/environ | tr -dc '0-9\n'); do
        [ "$p" = $$ ] || [ ! -e "/proc/$p" ] || pids+=("$p")
    done
    [ ${#pids[@]} = 0 ] && return
    kill "-$1" "${pids[@]}" 2>/dev/null
    return 1
}

finish() {
    local code=$1 i
    trap '' EXIT INT TERM HUP
    set +e
    [ "$code" = 0 ] || [ "$code" = 77 ] || show_remains
    stop_ledger
    # sshd writes its title over its environment: no mark is left there.
    kill $(jobs -p) 2>/dev/null
    stop_marked TERM
    for i in {1..60}; do
        stop_marked 0 && break
        [ "$i" -lt 40 ] || stop_marked KILL
        sleep 0.05
    done
    remove_containers
    [ ! -e "$T/mounts" ] || while read -r i; do umount "$i"; done <"$T/mounts"
    [ ! -e "$T/claims" ] || xargs rm -f <"$T/claims"
    if [ -n "$LOOMREL_KEEP" ]; then
        echo "kept: $T"
    else
        cd /
        rm -rf "$T"
    fi
    [ "$code" != 0 ] || echo "ok: $TEST"
    exit "$code"
}
