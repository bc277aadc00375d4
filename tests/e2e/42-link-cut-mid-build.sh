#!/usr/bin/env bash
# The link is cut for 20 s in the middle of a build: no byte is lost or doubled.
. "$(dirname "$0")/harness.sh"

lab command
proxy_start stage
version v1.1.0 --build 'i=0; while [ $i -lt 2600 ]; do i=$((i + 1)); echo "build line $i."; [ $((i % 10)) != 0 ] || sleep 0.1; done'
as_github 1 1 v1.1.0
loomrel_start cut stage-deploy
pid=$STARTED
wait_for 20 "output arrives" grep -q 'build line 50\.' "$T/out.cut" "$T/err.cut"
proxy blackhole on
proxy reset
sleep 20
proxy blackhole off
LIMIT=90 loomrel_wait cut "$pid"
expect_exit 0
cat "$T/out" "$T/err" | grep -oE 'build line [0-9]+\.' >"$T/seen" || :
seq -f 'build line %.0f.' 2600 >"$T/wanted"
cmp -s "$T/seen" "$T/wanted" || fail "output differs: $(diff "$T/seen" "$T/wanted" | head -n 5)"
[ "$(logins_of stage)" -ge 2 ] || fail "the cut did not cut: one login only"
expect_ups 1 v1.1.0
expect_equal "lines in the log" 2600 "$(grep -cE '^[[:space:]]+build line [0-9]+\.$' "$T/stage/log/$SERVICE/v1.1.0.log")"
expect_row v1.1.0 status manual_testing
expect_serves v1.1.0
