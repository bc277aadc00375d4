#!/usr/bin/env bash
# Keys are in memory: the program is built so that writing past an end does not lead on, leaves no core
# file, and no other process of its user can look into it. Files from a shell's <(…) are read all the same.
. "$(dirname "$0")/harness.sh"
require root

"$SOURCE/tests/support/hardened.sh" "$LOOMREL" || fail "it is not hardened"

# A leak checker has to look into the program.
! grep -q __asan_init "$LOOMREL" || exit 0

# Root may look everywhere: somebody else runs it.
chmod 711 "$T"
mkdir -p "$T/home"
chown nobody "$T/home"
as_nobody=(setpriv --reuid nobody --clear-groups env -i "HOME=$T/home" "XDG_STATE_HOME=$T/home" PATH="$PATH")
start bash -c 'cd "$1" && ulimit -c unlimited && shift && exec "$@"' - "$T/home" \
    "${as_nobody[@]}" LOOM_INTERSERVER_SECRET_KEY=0123456789abcdef0123 \
    "$LOOMREL" serve --listen 127.0.0.1:0 --store "sqlite://$T/home/ledger.db" >"$T/serve" 2>&1
serve=$STARTED
wait_for 10 "serve listens" eval "grep -q 127.0.0.1 '$T/serve'"
expect_equal "whose its memory is" root "$(stat -c %U "/proc/$serve/environ")"
setpriv --reuid nobody --clear-groups cat "/proc/$serve/environ" >"$T/environ" 2>/dev/null \
    && fail "another process reads its environment"
grep -q '^Max core file size *0 *0' "/proc/$serve/limits" || fail "it may leave a core file"

(cd "$T/home" && "${as_nobody[@]}" bash -c "
    exec '$LOOMREL' config show --env-file <(echo STAGE_HOST=stage.example)") >"$T/out" 2>"$T/err" \
    || fail "a file from the shell is not read"
expect_said stage.example
