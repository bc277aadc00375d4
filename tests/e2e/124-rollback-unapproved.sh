#!/usr/bin/env bash
# Going back builds nothing that did not serve in production, unless a person at a terminal says so
# twice; and then people hear of it, if need be in the morning.
. "$(dirname "$0")/harness.sh"

telegram_lab ""
add_prod
released() {
    stage_deploy "$1"
    expect_exit 0
    local id
    id=$(jq .release_id "$T/out")
    loomrel --json release approve "$id" --as $ANYA
    expect_exit 0
    loomrel --json prod-deploy --service "$SERVICE" --tag "$1" --release-id "$id"
    expect_exit 0
}
released v1.0.0
version v1.1.0
released v1.1.0
version v1.2.0
on_host prod git -C "loom/$SERVICE" fetch -q --tags
back=(rollback --service "$SERVICE" --env prod)

# Never in production: not built, whoever says yes.
loomrel --json "${back[@]}" --to v1.2.0 --yes
expect_exit 3
expect_json .error.code never_served
expect_said "--to v1.2.0 --unapproved"
loomrel --json "${back[@]}" --to v1.2.0 --yes --kept-only
expect_exit 3
expect_json .error.code not_kept
loomrel --json "${back[@]}" --to v1.2.0 --yes --unapproved
expect_exit 3
expect_json .error.code needs_terminal
ENVIRONMENT+=(CI=true)
at_terminal v1.2.0 "${back[@]}" --to v1.2.0 --unapproved
expect_exit 3
unset 'ENVIRONMENT[-1]'
at_terminal yes "${back[@]}" --to v1.2.0 --unapproved
expect_exit 3
expect_serves v1.1.0 prod

# What is kept needs no proof.
loomrel --json "${back[@]}" --yes --kept-only
expect_exit 0
expect_serves v1.0.0 prod

# At night, and the ledger away.
mv "$T/ledger.db" "$T/away.db"
mkdir "$T/ledger.db"
at_terminal v1.2.0 "${back[@]}" --to v1.2.0 --unapproved
expect_exit 6
expect_serves v1.2.0 prod
rmdir "$T/ledger.db"
mv "$T/away.db" "$T/ledger.db"
messages_of >"$T/before"
expect_not_in "$T/before" "никто не одобрял"
# In the morning.
loomrel reconcile
expect_message "❗ На production запускали то, что никто не одобрял"
expect_shown "$MESSAGE" "🏷️ Версия: v1.2.0"
expect_shown "$MESSAGE" "⏪ Вместо: v1.0.0"
expect_sql 1 "SELECT count(*) FROM release_events WHERE detail LIKE '%\"unapproved\"%v1.2.0%'"
at_terminal "" --lang en release events 1
expect_said "v1.2.0 was started in production without an approval"
