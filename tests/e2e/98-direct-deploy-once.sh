#!/usr/bin/env bash
# Two servers that deploy by themselves: an approval that many press at once is one production deploy,
# also where both servers are killed in its middle and begun again.
. "$(dirname "$0")/harness.sh"

DEPLOY_TOML='prod_by = "direct"'
telegram_lab ""
add_prod
slow='[ "$LOOMREL_ENVIRONMENT" = stage ] || { touch "$HOME/building-$LOOMREL_TAG"; sleep 3; }'
NO=0

start_both() {
    bot_start "one$1"
    servers=("$SERVING")
    bot_start "two$1"
    servers+=("$SERVING")
}
is_deployed() {
    [ "$(sql "SELECT status FROM releases WHERE release_tag = '$1'")" = deployed ]
}

start_both 1
for tag in v1.1.0 v1.2.0; do
    version $tag --build "$slow"
    stage_deploy $tag
    expect_exit 0
    expect_message "🏷️ Версия: $tag"
    id=$(jq .release_id "$T/out")
    commit=$(commit_of $tag | cut -c 1-8)
    press_at_once 40 "$id:$commit" "$ANYA" "$BORIS" "$STRANGER"
    wait_for 60 "$tag is being built for production" test -e "$T/prod/home/building-$tag"
    if [ $tag = v1.2.0 ]; then
        kill -9 "${servers[@]}"
        wait "${servers[@]}" 2>/dev/null || :
        start_both 2
        press_at_once 20 "$id:$commit" "$ANYA" "$BORIS"
    fi
    # Killed ones' leases have to run out, and the run must have been unseen for half a minute.
    wait_for 120 "$tag is deployed" is_deployed $tag
    wait_for 90 "all presses taken" all_taken
    expect_serves $tag prod
    expect_sql 1 "SELECT count(*) FROM runs WHERE release_id = $id AND environment = 'prod'"
    expect_equal "starts of $tag" 1 "$(grep -cxF $tag "$T/prod/home/ups")"
    # What strangers were told no for does not move it.
    expect_equal "moves of $tag" "manual_test_passed deploying deployed" "$(sql "SELECT to_status
        FROM release_events WHERE release_id = $id AND to_status <> from_status ORDER BY id" \
        | tail -n 3 | paste -sd ' ')"
done
