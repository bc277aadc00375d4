#!/usr/bin/env bash
# What was good here the host remembers for ever: when all that was kept is gone and the ledger is
# away, a version is built from the commit that it was, and from no other that its tag names today.
. "$(dirname "$0")/harness.sh"
DEPLOY_TOML='keep_capsules = 1'
lab command
record=$T/stage/state/stage/$SERVICE/good
# Started by hand: it is kept, but has proved nothing.
on_host stage "cd loom/$SERVICE && LOOMREL_TREE=\$PWD LOOMREL_TAG=v1.0.0 LOOMREL_COMMIT=$(commit_of v1.0.0) sh ./up.sh" </dev/null >/dev/null 2>&1
for v in v1.1.0 v1.2.0 v1.3.0; do
    version $v
    stage_deploy $v
    expect_exit 0
done
version v1.4.0 --unhealthy
stage_deploy v1.4.0
expect_exit 1
expect_serves v1.3.0
expect_equal "good runs" "v1.1.0 v1.2.0 v1.3.0" "$(cut -d' ' -f2 "$record" | xargs)"
expect_equal "who may read it" 600 "$(stat -c %a "$record")"
expect_equal "the line" "v1.1.0 $(commit_of v1.1.0) deploy ." "$(head -n 1 "$record" | cut -d' ' -f2,3,5,6)"
# A line that was cut short takes no other along.
printf 'cut v1.2.0 0123' >>"$record"
version v1.5.0
stage_deploy v1.5.0
expect_exit 0
expect_equal "the last line" v1.5.0 "$(tail -n 1 "$record" | cut -d' ' -f2)"

good=$(commit_of v1.1.0)
rm -rf "$T/stage/state/stage/$SERVICE/capsules"
# What serves has its files there.
find "$T/stage/state/stage/$SERVICE/trees" -mindepth 1 -maxdepth 1 ! -name "$(commit_of v1.5.0)" \
    -exec rm -rf {} +
loomrel rollback --env stage --service "$SERVICE" --to v1.1.0 --dry-run
expect_exit 0
expect_said 'собрана заново из git' "$good"

# Moved since: the host refuses, and what served still serves.
in_dev tag -f -a -m moved v1.1.0 v1.4.0 >/dev/null 2>&1
in_dev push -q -f origin refs/tags/v1.1.0
away=postgresql://nobody@127.0.0.1:1/away
loomrel --store $away --json rollback --env stage --service "$SERVICE" --to v1.1.0 --yes
expect_exit 3 # nothing was changed
expect_json .failure.code tag_moved '.hosts[0].ok' false
expect_serves v1.5.0
in_dev tag -f -a -m back v1.1.0 "$good" >/dev/null 2>&1
in_dev push -q -f origin refs/tags/v1.1.0
loomrel --store $away --json rollback --env stage --service "$SERVICE" --to v1.1.0 --yes
expect_exit 6
expect_json .commit "$good"
expect_serves v1.1.0
expect_equal "its kind" rollback "$(tail -n 1 "$record" | cut -d' ' -f5)"
