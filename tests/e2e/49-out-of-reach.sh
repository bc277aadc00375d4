#!/usr/bin/env bash
# A host that cannot be reached says nothing of a run that somebody else started there: it is unknown,
# never failed, and is concluded when the host answers again.
. "$(dirname "$0")/harness.sh"
lab command
stage_deploy v1.0.0
expect_exit 0

cut_link() {
    local p
    for p in $(ss -tnpH "sport = :$(port_of stage)" | grep -o 'pid=[0-9]*' | cut -d= -f2 | sort -u); do
        [ "$p" = "$(cat "$T/stage/sshd/pid" 2>/dev/null)" ] || kill -9 "$p" 2>/dev/null
    done
}

open_run() {
    sql "SELECT id FROM runs WHERE ended_at IS NULL"
}

# Its client is killed, then the host is away.
slow=': >"$HOME/building"; while [ ! -e "$HOME/go" ]; do sleep 0.2; done'
version v1.1.0 --build "$slow"
loomrel_start a --json stage-deploy --service "$SERVICE" --tag v1.1.0
pid=$STARTED
is_building() { [ "$(sql "SELECT COUNT(*) FROM releases WHERE status = 'building'")" = 1 ]; }
wait_for 60 "the build" is_building
kill -9 "$pid"
wait "$pid" 2>/dev/null || :
RUN=$(open_run)
stop_sshd stage
loomrel --json attach "$RUN"
expect_exit 7
expect_row v1.1.0 status building
stage_deploy v1.1.0
expect_exit 7
expect_in "$T/out" "loomrel attach $RUN"
loomrel --json cancel "$RUN"
expect_exit 7
expect_row v1.1.0 status building
: >"$T/stage/home/go"
start_sshd stage
wait_for 60 "v1.1.0" serves_now v1.1.0
loomrel --json attach "$RUN"
expect_exit 0
expect_row v1.1.0 status manual_testing
expect_sql good "SELECT outcome FROM runs WHERE id = '$RUN'"
loomrel --json attach "$RUN" --dry-run
expect_exit 0
expect_json .state ended

# The link is cut, and the first login after that fails on the host.
rm -f "$T/stage/home/building" "$T/stage/home/go"
version v1.2.0 --build "$slow"
loomrel_start a --json stage-deploy --service "$SERVICE" --tag v1.2.0
pid=$STARTED
wait_for 60 "the build" test -e "$T/stage/home/building"
cp "$T/stage/login" "$T/login.good"
printf '#!/bin/sh\n[ -e "%s/failed" ] || { : >"%s/failed"; echo "cannot fork" >&2; exit 254; }\nexec "%s/login.good" "$@"\n' \
    "$T" "$T" "$T" >"$T/stage/login"
cut_link
wait_for 60 "the login that fails" test -e "$T/failed"
: >"$T/stage/home/go"
loomrel_wait a "$pid"
expect_exit 0
expect_serves v1.2.0
expect_row v1.2.0 status manual_testing
cp "$T/login.good" "$T/stage/login"

# Interrupted while the link is gone: no waiting, and the last line says what to type.
rm -f "$T/stage/home/building" "$T/stage/home/go"
version v1.3.0 --build "$slow"
loomrel_start a stage-deploy --service "$SERVICE" --tag v1.3.0
pid=$STARTED
wait_for 60 "the build" test -e "$T/stage/home/building"
stop_sshd stage
cut_link
sleep 1
began=$(date +%s)
kill -INT "$pid"
loomrel_wait a "$pid"
expect_exit 130
[ $(($(date +%s) - began)) -le 10 ] || fail "it took $(($(date +%s) - began)) s to end"
expect_equal "the last line" "⏸ Чем кончилось, пока неизвестно. Узнать: loomrel attach $(open_run)" \
    "$(tail -n 1 "$T/out")"
: >"$T/stage/home/go"
start_sshd stage
wait_for 60 "its end" test -f "$T/stage/state/stage/$SERVICE/runs/$(open_run)/status"
expect_serves v1.3.0
loomrel --json reconcile
expect_row v1.3.0 status manual_testing

# The host has not heard of it yet: its starter is still at it.
cp "$T/stage/login" "$T/login.good"
printf '#!/bin/sh\nwhile [ ! -e "%s/let-in" ]; do sleep 0.1; done\nexec "%s/login.good" "$@"\n' "$T" "$T" \
    >"$T/login.slow"
chmod +x "$T/login.slow"
mv "$T/login.slow" "$T/stage/login"
version v1.4.0
loomrel_start a --json stage-deploy --service "$SERVICE" --tag v1.4.0
pid=$STARTED
wait_for 20 "the row" sh -c '[ -n "$(sqlite3 "$1" "SELECT id FROM runs WHERE ended_at IS NULL")" ]' - "$T/ledger.db"
wait_for 20 "the login" pgrep -f "$T/stage/login" >/dev/null
cp "$T/login.good" "$T/login.new"
mv "$T/login.new" "$T/stage/login"
loomrel --json attach "$(open_run)"
expect_exit 7
expect_row v1.4.0 status initiated
: >"$T/let-in"
loomrel_wait a "$pid"
expect_exit 0
expect_row v1.4.0 status manual_testing
