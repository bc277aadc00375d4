#!/usr/bin/env bash
# What is wrong before anything starts: exit 2, no row, nothing on the host.
. "$(dirname "$0")/harness.sh"

lab command
before=$(fingerprint "$T/stage/home")

refused() {
    expect_exit 2
    expect_json '.error | (.code != "") and (.message != "") and (.hint | type == "string")' true
    expect_equal "releases" 0 "$(count_releases)"
    expect_equal "logins" 0 "$(logins_of stage)"
}

for tag in '$(touch x)' '`touch x`' 'v1.0.0;touch x' "v1.0.0'" '-rf' '--upload-pack=touch x' 'v1' \
    'v1.0' 'release-1' '../v1.0.0' 'v1.0.0/../../x' $'v1.0.0\nx' 'HEAD' '@' $'v1.0.0\u202e'; do
    loomrel --json stage-deploy --service "$SERVICE" "--tag=$tag"
    refused
done
for service in '../demo' 'de mo' '$(touch x)' '-x' ''; do
    loomrel --json stage-deploy "--service=$service" --tag v1.0.0
    refused
done
loomrel --json stage-deploy --service "$SERVICE" --tag v1.0.0 --comit abc
refused
expect_said "--commit"
loomrel --json stage-deply --service "$SERVICE" --tag v1.0.0
refused
expect_said "stage-deploy"
loomrel --json stage-deploy --service "$SERVICE" --tag v1.0.0 --commit 'HEAD'
refused

cp "$T/ci/loomrel.toml" "$T/good.toml"
for line in 'no equals sign' 'helth = "x"' 'keep_capsules = "five"' 'health = "again"'; do
    { cat "$T/good.toml"; echo "$line"; } >"$T/ci/loomrel.toml"
    loomrel --json stage-deploy --service "$SERVICE" --tag v1.0.0
    refused
    expect_said "loomrel.toml:$(wc -l <"$T/ci/loomrel.toml")"
done
cp "$T/good.toml" "$T/ci/loomrel.toml"

chmod 644 "$T/ci/.env.servers"
loomrel --json stage-deploy --service "$SERVICE" --tag v1.0.0
refused
expect_said ".env.servers" "chmod 600"
chmod 600 "$T/ci/.env.servers"

: >"$T/ci/.env.servers"
loomrel --json stage-deploy --service "$SERVICE" --tag v1.0.0
refused
expect_said "STAGE_HOST"
write_servers

# In CI the embedded default would be lost with the runner.
sed -i '/^url = /d' "$T/ci/loomrel.toml"
as_github 1 1 v1.0.0
loomrel --json stage-deploy
refused
expect_said "LOOMREL_STORE"

expect_equal "the host" "$before" "$(fingerprint "$T/stage/home")"
[ -z "$(find "$T" -name x)" ] || fail "a hostile name was run"
