#!/usr/bin/env bash
# A branch brings a configuration that names a ledger of its own, which says "approved" and
# "deployed": what touches production does not believe it (design 13.2, 13.5).
. "$(dirname "$0")/production.sh"

production_lab
version v1.0.5
on_production v1.1.0
staged v1.2.0

# The branch: a work tree of git with a configuration and a ledger in which all is as one wishes.
make_checkout() {
    cp "$T/ledger.db" "$T/ci/approved.db"
    ENVIRONMENT=(LOOMREL_STORE="sqlite://$T/ci/approved.db")
    loomrel --json release approve "$RELEASE" --as $ANYA
    expect_exit 0
    ENVIRONMENT=()
    sqlite3 "$T/ci/approved.db" "INSERT INTO releases (service_name, release_tag, status, initiated_by,
        github_run_id, github_action_link, github_ref, commit_sha) VALUES ('$SERVICE', 'v1.0.5',
        'deployed', 'x', '1', '', '', '$(commit_of v1.0.5)');
        INSERT INTO runs (id, service, environment, kind, release_id, ref, commit_sha, github_run_id,
        github_run_attempt, started_at, seen_at, ended_at, outcome) SELECT '$(uuid)', service,
        environment, kind, (SELECT max(id) FROM releases), 'refs/tags/v1.0.5',
        '$(commit_of v1.0.5)', '', 0, started_at, seen_at, ended_at, outcome FROM runs
        WHERE environment = 'prod' AND outcome = 'good' LIMIT 1;
        INSERT INTO run_hosts (run_id, host, position, state, outcome, serves) SELECT
        (SELECT id FROM runs WHERE ref = 'refs/tags/v1.0.5'), host, position, state, outcome, 'v1.0.5'
        FROM run_hosts LIMIT 1"
    cp "$TRUSTED/loomrel.known_hosts" "$T/ci/"
    sed "s|^url = \"sqlite:.*|url = \"sqlite://$T/ci/approved.db\"|" "$CONFIG" >"$T/ci/loomrel.toml"
    printf '.env.servers\n' >"$T/ci/.gitignore"
    git init -q "$T/ci"
    git -C "$T/ci" add loomrel.toml approved.db .gitignore
}
make_checkout
checkpoint

told_or_not() {
    [ "$CODE" = 2 ] || [ "$CODE" = 3 ] || wrong "exit $CODE, neither 3 nor 2"
    unchanged
}

attack "the checkout's ledger says approved"
prod_deploy v1.2.0
told_or_not
[ "$CODE" = 2 ] || told

attack "the checkout's ledger says approved, and nobody else names one"
mv "$CONFIG" "$T/away.toml"
prod_deploy v1.2.0
told_or_not
mv "$T/away.toml" "$CONFIG"

attack "the checkout is named as the trusted configuration"
for how in flag variable; do
    if [ $how = flag ]; then
        try --json --config "$T/ci/loomrel.toml" prod-deploy --service "$SERVICE" --tag v1.2.0 \
            --release-id "$RELEASE"
    else
        ENVIRONMENT=(LOOMREL_CONFIG="$T/ci/loomrel.toml")
        prod_deploy v1.2.0
    fi
    told_or_not
done

attack "the checkout's ledger says that a version served"
try --json rollback --env prod --service "$SERVICE" --to v1.0.5 --yes
told_or_not

attack "a workflow in the checkout whose ledger says approved"
mkdir -p "$T/runner"
ln -sf "$LOOMREL" "$T/runner/loomrel"
rm -rf "$T/checkout"
cp -a "$T/ci" "$T/checkout"
dispatch_event eve "{\"release_id\": \"$RELEASE\", \"release_tag\": \"v1.2.0\"}"
as_github 5 1 v1.2.0
workflow on-approve-manual-testing workflow_dispatch
told_or_not

promise "the checkout's file may say how the service is built"
printf '[services.%s]\nhealth_attempts = 2\n' "$SERVICE" >"$T/ci/loomrel.toml"
ENVIRONMENT=(LOOMREL_CONFIG="$CONFIG")
loomrel --json release approve "$RELEASE" --as $ANYA
expect_exit 0
prod_deploy v1.2.0
[ "$CODE" = 0 ] || wrong "exit $CODE, not 0"
holds "v1.2.0 does not serve" wait_for 10 served serves_now v1.2.0 prod

judged
