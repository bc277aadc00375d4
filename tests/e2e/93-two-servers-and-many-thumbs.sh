#!/usr/bin/env bash
# Two servers on one ledger, presses of several people at once, updates repeated, a server killed:
# one decision, one run at GitHub, everybody shown the same. LOOMREL_SEED repeats a history.
. "$(dirname "$0")/harness.sh"

telegram_lab ""
RANDOM=${LOOMREL_SEED:=$$}
echo "LOOMREL_SEED=$LOOMREL_SEED"
bot_start one
first=$SERVING
bot_start two
for round in 1 2; do
    tag=v1.$round.0
    version "$tag"
    stage_deploy "$tag"
    expect_exit 0
    expect_message "🏷️ Версия: $tag"
    id=$(jq .release_id "$T/out")
    commit=$(commit_of "$tag" | cut -c 1-8)
    : >"$T/presses"
    for i in {1..30}; do
        who=$((RANDOM % 3)) verdict=A
        [ $((RANDOM % 6)) != 0 ] || verdict=R
        people=("$ANYA" "$BORIS" "$STRANGER")
        curl -fsS "$FAKE_TELEGRAM/control/press" -H 'Content-Type: application/json' -d \
            "{\"chat\":$CHAT,\"message\":$MESSAGE,\"button\":\"data:${verdict}n:$id:$commit\",\"user\":${people[$who]}}" \
            >>"$T/presses"
        echo >>"$T/presses"
        if [ $((RANDOM % 4)) = 0 ]; then
            curl -fsS "$FAKE_TELEGRAM/control/repeat" -H 'Content-Type: application/json' \
                -d "{\"update\":$(tail -n 1 "$T/presses" | jq .update)}" >/dev/null
        fi
        if [ "$i" = 15 ] && [ "$round" = 1 ]; then
            kill -9 "$first"
            wait "$first" 2>/dev/null || :
            bot_start three
        fi
    done
    all_taken() {
        [ "$(curl -fsS "$FAKE_TELEGRAM/control/state" | jq .pending)" = 0 ]
    }
    # The killed one's lease has to run out first.
    wait_for 90 "all presses taken" all_taken
    expect_sql 1 "SELECT COUNT(*) FROM release_events WHERE release_id = $id
        AND from_status = 'manual_testing' AND to_status <> from_status"
    sleep 2
    status=$(sql "SELECT status FROM releases WHERE id = $id")
    runs=$(at_github runs | jq --arg id "$id" '[.[] | select(.inputs.release_id == $id)] | length')
    case $status in
    manual_test_passed) expect_equal "runs at GitHub" 1 "$runs" ;;
    manual_test_failed) [ "$runs" -le 1 ] || fail "$runs runs at GitHub" ;;
    *) fail "the release is $status" ;;
    esac
done
for server in one two three; do
    expect_not_in "$T/err.$server" "terminated by other getUpdates"
done
