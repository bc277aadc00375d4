#!/usr/bin/env bash
# A deploy that comes while another runs waits, names the holder, and does not overlap.
. "$(dirname "$0")/harness.sh"

lab command
version v1.1.0 --build 'echo begin-1 >>"$HOME/order"; while [ ! -e "$HOME/go" ]; do sleep 0.2; done
echo end-1 >>"$HOME/order"'
version v1.2.0 --build 'echo begin-2 >>"$HOME/order"'
loomrel_start first --json stage-deploy --service "$SERVICE" --tag v1.1.0
first=$STARTED
wait_for 20 "the first builds" grep -q begin-1 "$T/stage/home/order"
loomrel_start second stage-deploy --service "$SERVICE" --tag v1.2.0
second=$STARTED
wait_for 20 "the second names the holder" grep -qE 'v1\.1\.0' "$T/out.second" "$T/err.second"
expect_equal "steps so far" "begin-1" "$(cat "$T/stage/home/order")"
touch "$T/stage/home/go"
loomrel_wait first "$first"
expect_exit 0
loomrel_wait second "$second"
expect_exit 0
expect_equal "order" "begin-1 end-1 begin-2" "$(tr '\n' ' ' <"$T/stage/home/order" | sed 's/ $//')"
expect_serves v1.2.0
expect_in "$T/stage/log/$SERVICE/v1.2.0.log" "⏳ Сервис занят другим запуском" "v1.1.0"
expect_row v1.1.0 status manual_testing
expect_row v1.2.0 status manual_testing
