#!/usr/bin/env bash
# Two servers on one ledger, presses of several people at once, updates repeated, a server killed
# and begun again in between: one decision, one run at GitHub, everybody shown the same.
# LOOMREL_SEED repeats a history, as far as presses at once have one. LOOMREL_ROUNDS is how many
# releases are decided on, LOOMREL_PRESSES how many presses there are on each, LOOMREL_LEDGER=postgres
# where. A killed server's lease takes 45 s to run out: in the first round one is killed, later in one
# round of LOOMREL_KILLS.
. "$(dirname "$0")/harness.sh"

[ "${LOOMREL_LEDGER:-}" != postgres ] || use_postgres
telegram_lab ""
RANDOM=${LOOMREL_SEED:=$$}
rounds=${LOOMREL_ROUNDS:-2} presses=${LOOMREL_PRESSES:-100} kills=${LOOMREL_KILLS:-8}
echo "LOOMREL_SEED=$LOOMREL_SEED"
shares=(0 0.01 0.17 0.5) # of presses that are ❌
declare -A verdicts=()

settled() {
    status=$(sql "SELECT status FROM releases WHERE id = $id")
    runs=$(at_github runs | jq --arg id "$id" '[.[] | select(.inputs.release_id == $id)] | length')
    [ "$status" = manual_test_failed ] || { [ "$status" = manual_test_passed ] && [ "$runs" = 1 ]; }
}

bot_start one
servers=("$SERVING") started=1
bot_start two
servers+=("$SERVING")
names=(one two)
for ((round = 1; round <= rounds; ++round)); do
    tag=v1.$round.0
    version "$tag"
    stage_deploy "$tag"
    expect_exit 0
    expect_message "🏷️ Версия: $tag"
    id=$(jq .release_id "$T/out")
    commit=$(commit_of "$tag" | cut -c 1-8)
    NO=${shares[RANDOM % 4]}
    press_at_once $((presses / 2)) "$id:$commit" "$ANYA" "$BORIS" "$STRANGER"
    if [ "$round" = 1 ] || [ $((RANDOM % kills)) = 0 ]; then
        victim=$((round == 1 ? 0 : RANDOM % 2))
        kill -9 "${servers[victim]}"
        wait "${servers[victim]}" 2>/dev/null || :
        bot_start "again$((++started))"
        servers[victim]=$SERVING
        names+=("again$started")
    fi
    press_at_once $((presses - presses / 2)) "$id:$commit" "$ANYA" "$BORIS" "$STRANGER"
    # The killed one's lease has to run out first.
    wait_for 150 "all presses taken" all_taken
    expect_sql 1 "SELECT COUNT(*) FROM release_events WHERE release_id = $id
        AND from_status = 'manual_testing' AND to_status <> from_status"
    # An approval is one run at GitHub; rejected after that, it may be none or one.
    wait_for 20 "the decision is carried out" settled
    [ "$runs" -le 1 ] || fail "$runs runs at GitHub"
    if [ "$status" = manual_test_passed ]; then
        expect_shown "$MESSAGE" "✅ Релиз одобрен"
    else
        expect_shown "$MESSAGE" "❌ Релиз отклонён"
    fi
    expect_equal "buttons still shown" "" "$(buttons_of "$MESSAGE")"
    verdicts[$status]=$((${verdicts[$status]:-0} + 1))
done
sleep 2
twice=$(at_github runs | jq '[group_by(.inputs.release_id)[] | select(length > 1)] | length')
expect_equal "releases with two runs at GitHub" 0 "$twice"
for server in "${names[@]}"; do
    expect_not_in "$T/err.$server" "terminated by other getUpdates"
done
echo "$rounds rounds: ${verdicts[manual_test_passed]:-0} approved, ${verdicts[manual_test_failed]:-0} rejected"
