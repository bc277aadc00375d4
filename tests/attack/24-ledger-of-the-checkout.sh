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
    cp "$CONFIG" "$T/ci/loomrel.toml"
    cp "$TRUSTED/loomrel.known_hosts" "$T/ci/"
    sed -i "s|^url = \"sqlite:.*|url = \"sqlite://$T/ci/approved.db\"|; s/^approvers = .*/approvers = [666]/" \
        "$T/ci/loomrel.toml"
    git init -q "$T/ci"
    printf '.env.servers\n' >"$T/ci/.gitignore"
    git -C "$T/ci" add loomrel.toml approved.db .gitignore
    (
        cd "$T/ci"
        LOOMREL_CONFIG=$T/ci/loomrel.toml "$LOOMREL" --store "sqlite://$T/ci/approved.db" --json \
            release approve "$RELEASE" --as 666 </dev/null
        sqlite3 "$T/ci/approved.db" "UPDATE releases SET status = 'manual_test_passed'
            WHERE id = $RELEASE AND status = 'manual_testing';
            INSERT INTO releases (service_name, release_tag, status, initiated_by, github_run_id,
            github_action_link, github_ref, commit_sha) VALUES ('$SERVICE', 'v1.0.5', 'deployed', 'x',
            '1', '', '', '$(commit_of v1.0.5)')"
    ) >/dev/null 2>&1 || :
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
cp "$CONFIG" "$T/ci/loomrel.toml"
loomrel --json release approve "$RELEASE" --as $ANYA
expect_exit 0
prod_deploy v1.2.0
[ "$CODE" = 0 ] || wrong "exit $CODE, not 0"
holds "v1.2.0 does not serve" serves_now v1.2.0 prod

judged
