#!/usr/bin/env bash
# A rollback that would build a version anew brings only a commit that ended a good production run
# (design 13.2); what is kept on the host needs no proof.
. "$(dirname "$0")/production.sh"

DEPLOY_TOML='keep_capsules = 1'
production_lab
# What the host comes to know by the fetch of a later deploy: a tag that no workflow was started for,
# one that was never approved, one that only failed on production, and one that is moved after it
# was pruned.
version v1.0.5
on_production v1.1.0
staged v1.1.5
touch "$T/prod/home/bad"
approved v1.1.6 --build '! [ -e "$HOME/bad" ] || rm "$LOOMREL_TREE/www/health"'
prod_deploy v1.1.6
expect_exit 1
rm "$T/prod/home/bad"
on_production v1.1.8
move_tag v1.0.0
on_production v1.2.0
checkpoint

back() {
    try --json rollback --env prod --service "$SERVICE" --to "$1" --yes
}
ledger_away() {
    ENVIRONMENT=(LOOMREL_STORE="postgresql://nobody@127.0.0.1:$(free_port)/releases")
}

attack "rollback to a tag that the ledger has no row of"
back v1.0.5
refused

attack "rollback to a tag whose row has no commit"
sql "INSERT INTO releases (service_name, release_tag, status, initiated_by, github_run_id,
    github_action_link, github_ref) VALUES ('$SERVICE', 'v1.0.5', 'deployed', 'eve', '1', '', '')"
mark
back v1.0.5
refused

attack "rollback to a version that served, was pruned, and whose tag was moved"
ls "$T/prod/state/prod/$SERVICE/capsules" >"$T/kept"
never "v1.0.0 is still kept" grep -rqF v1.0.0 "$T/prod/state/prod/$SERVICE/capsules"
back v1.0.0
refused

attack "rollback to a version that failed on production and never served"
back v1.1.6
refused

attack "rollback to a tag that was never approved, the ledger away"
ledger_away
back v1.1.5
[ "$CODE" = 3 ] || wrong "exit $CODE, not 3"
unchanged

attack "rollback to a moved tag, the ledger away"
ledger_away
back v1.0.0
[ "$CODE" = 3 ] || wrong "exit $CODE, not 3"
unchanged

attack "rollback by the workflow to a tag that nobody approved"
mkdir -p "$T/runner" "$T/checkout"
ln -sf "$LOOMREL" "$T/runner/loomrel"
for tag in v1.0.5 v1.0.0; do
    dispatch_event eve "{\"environment\": \"prod\", \"to\": \"$tag\", \"cancel_running\": false}"
    workflow on-rollback workflow_dispatch
    refused
done

unapproved=(rollback --env prod --service "$SERVICE" --to v1.0.5 --unapproved)

attack "--unapproved without a terminal"
try "${unapproved[@]}" --yes
[ "$CODE" = 3 ] || wrong "exit $CODE, not 3"
unchanged

attack "--unapproved in CI"
as_github 9 1 v1.0.5
try "${unapproved[@]}" --yes
[ "$CODE" = 3 ] || wrong "exit $CODE, not 3"
on_terminal --type v1.0.5 --type y -- "${unapproved[@]}"
[ "$CODE" = 3 ] || wrong "exit $CODE on CI's terminal, not 3"
unchanged

attack "--unapproved with a yes in place of the tag"
on_terminal --type y --type yes -- "${unapproved[@]}" --yes
[ "$CODE" = 3 ] || wrong "exit $CODE, not 3"
unchanged

promise "--unapproved at a terminal, the tag typed: it goes, and is told"
on_terminal --type v1.0.5 -- "${unapproved[@]}"
[ "$CODE" = 0 ] || wrong "exit $CODE, not 0"
holds "v1.0.5 does not serve" wait_for 10 served serves_now v1.0.5 prod
told
holds "the host's journal has no word of it" grep -rqi unapproved \
    "$T/prod/state/prod/$SERVICE" --include=out
holds "the ledger has no word of it" eval \
    "[ \"\$(sql \"SELECT count(*) FROM release_events WHERE detail LIKE '%unapproved%v1.0.5%'\")\" = 1 ]"

promise "--unapproved with the ledger away: it goes, and is told later"
ledger_away
on_terminal --type v1.0.5 -- "${unapproved[@]}"
[ "$CODE" = 6 ] || wrong "exit $CODE, not 6"
holds "v1.0.5 does not serve" wait_for 10 served serves_now v1.0.5 prod
holds "nothing of it is in the spool" grep -rq unapproved "$SPOOL"

promise "what is kept comes back without ledger and proof"
ledger_away
try --json rollback --env prod --service "$SERVICE" --yes
[ "$CODE" = 6 ] || wrong "exit $CODE, not 6"
holds "v1.1.8 does not serve" wait_for 10 served serves_now v1.1.8 prod

judged
