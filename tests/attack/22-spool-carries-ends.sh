#!/usr/bin/env bash
# Somebody who can write into a state folder plants results there: no decision and no claim comes
# into the ledger that way, whoever delivers it (design 13.2).
. "$(dirname "$0")/production.sh"

production_lab
staged v1.1.0
checkpoint
planted=0

# plant JSON…: as a command would have kept it for this ledger.
plant() {
    planted=$((planted + 1))
    jq -n --arg ledger "$STORE_URL" --argjson it "$1" '{ledger: $ledger} + $it' \
        >"$SPOOL/2026-01-01T00:00:0$planted.000Z-$(uuid).json"
}
# change STEP…: of the release, one step after the other; more of it in EXTRA.
change() {
    jq -n --arg id "$(uuid)" --argjson release "$RELEASE" --argjson extra "${EXTRA:-{\}}" \
        '{change: ({id: $id, release_id: $release, actor: "Аня", source: "cli",
          steps: ($ARGS.positional | map({to: ., detail: "{}"}))} + $extra)}' --args "$@"
}
# run ENVIRONMENT KIND: a run of the release's.
run() {
    jq -n --arg id "$RUN" --arg env "$1" --arg kind "$2" --arg service "$SERVICE" \
        --argjson release "$RELEASE" --arg commit "$(commit_of v1.1.0)" '{id: $id, service: $service,
        environment: $env, kind: $kind, release_id: $release, ref: "refs/tags/v1.1.0",
        commit: $commit, github_run_id: "", github_run_attempt: 0, hosts: ["127.0.0.1"]}'
}
run_end() {
    jq -n --arg id "$RUN" '{run_id: $id, outcome: "good", result: "{}", hosts: [{host: "127.0.0.1",
        state: "ended", outcome: "ok", serves: "v1.1.0"}]}'
}
no_runs_of_production() {
    holds "a run on production was written" eval \
        "[ \"\$(sql \"SELECT count(*) FROM runs WHERE release_id = $RELEASE AND environment = 'prod'\")\" = 0 ]"
}

attack "a planted approval, delivered by reconcile"
plant "$(change manual_test_passed)"
try --json reconcile
never_status manual_test_passed "$RELEASE"
prod_deploy v1.1.0
refused

attack "a planted approval, delivered by the production deploy itself"
plant "$(change manual_test_passed)"
prod_deploy v1.1.0
refused
never_status manual_test_passed deployed "$RELEASE"

attack "a planted approval, delivered by the next deploy to stage"
plant "$(change manual_test_passed)"
version v1.1.1
stage_deploy v1.1.1
never_status manual_test_passed "$RELEASE"
mark
prod_deploy v1.1.0
refused

attack "a planted rejection"
plant "$(change manual_test_failed)"
try --json reconcile
is manual_testing "$RELEASE"

attack "a planted claim"
loomrel --json release approve "$RELEASE" --as $ANYA
RUN=$(uuid)
plant "$(EXTRA="{\"open_run\": $(run prod deploy)}" change deploying)"
try --json reconcile
never_status deploying "$RELEASE"
no_runs_of_production

attack "a planted production deploy, from the approval to its end"
RUN=$(uuid)
plant "$(EXTRA="{\"open_run\": $(run prod deploy)}" change manual_test_passed deploying)"
plant "$(EXTRA="{\"end_run\": $(run_end)}" change deployed)"
try --json reconcile
is manual_testing "$RELEASE"
no_runs_of_production

attack "a planted end of a run that was never begun makes a version one that served"
RUN=$(uuid)
plant "$(jq -n --argjson run "$(run prod rollback)" --argjson ending "$(run_end)" --arg id "$(uuid)" \
    '{rollback: {id: $id, from_tag: "v1.0.0", to_tag: "v1.1.0", good: true, detail: "{}",
      actor: "Аня", run: $run, end: $ending}}')"
RELEASE=0
plant "$(EXTRA="{\"open_run\": $(RELEASE=null run prod deploy), \"end_run\": $(run_end)}" change)"
RELEASE=$(sql "SELECT max(id) FROM releases")
try --json reconcile
no_runs_of_production
is manual_testing "$RELEASE"
try --json rollback --env prod --service "$SERVICE" --to v1.1.0 --yes
[ "$CODE" = 3 ] || wrong "exit $CODE, not 3"
unchanged

promise "the end of a run that the ledger knows as open is delivered"
RUN=$(uuid)
sql "INSERT INTO runs (id, service, environment, kind, ref, commit_sha, github_run_id,
    github_run_attempt, started_at, seen_at) SELECT '$RUN', service, 'stage', 'rollback', ref, commit_sha,
    '', 0, started_at, seen_at FROM runs WHERE environment = 'stage' LIMIT 1"
RELEASE=0
plant "$(EXTRA="{\"end_run\": $(run_end)}" change)"
RELEASE=$(sql "SELECT max(id) FROM releases")
try --json reconcile
holds "the run has no end" eval "[ \"\$(sql \"SELECT outcome FROM runs WHERE id = '$RUN'\")\" = good ]"

judged
