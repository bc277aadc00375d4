#!/usr/bin/env bash
# A host that an older release has deployed to: what it kept is seen and brought back, by the program
# that it left there too; a run of its own is followed to its end.
. "$(dirname "$0")/harness.sh"
lab compose
add_prod
version v1.1.0

hand() {
    on_host "$1" "sh $T/$1/state/$1/$SERVICE/restore $2" </dev/null >"$T/hand" 2>&1 \
        || fail "by hand on $1: $(cat "$T/hand")"
}

for pair in stage:a6b57ca prod:663dc21; do
    at=${pair%:*} release=${pair#*:}
    older_deployed "$release" "$at" v1.0.0
    older_deployed "$release" "$at" v1.1.0
    expect_serves v1.1.0 "$at"
    loomrel --json status --env "$at"
    expect_json '.services[0].serves' v1.1.0 '.services[0].commit' "$(commit_of v1.1.0)" \
        '.services[0].how' deploy '.services[0].back_to' v1.0.0 '.services[0].healthy' yes \
        '[.services[0].kept[].name] | join(" ")' 'v1.1.0 v1.0.0'

    # Its own program, by hand and asked from here without a configuration.
    hand "$at" v1.0.0
    expect_serves v1.0.0 "$at"
    loomrel --json rollback --env "$at" --host "$(id -un)@127.0.0.1:$(port_of "$at")" \
        --identity "$T/me/key" --to v1.1.0 --yes
    expect_exit 0
    expect_serves v1.1.0 "$at"

    # And by the present one.
    loomrel --json rollback --env "$at" --service "$SERVICE" --to v1.0.0 --yes
    expect_exit 0
    expect_json .tag v1.0.0
    expect_serves v1.0.0 "$at"
done

# The present release deploys there, and what the older one kept stays a way back.
version v1.2.0
stage_deploy v1.2.0
expect_exit 0
loomrel --json status --env stage
expect_json '.services[0].serves' v1.2.0 '.services[0].back_to' v1.0.0 \
    '[.services[0].kept[].name] | join(" ")' 'v1.2.0 v1.1.0 v1.0.0'

# The ledger's run goes on as one that an older release has started.
RUN=$(sql "SELECT id FROM runs WHERE outcome = 'good' AND kind = 'deploy'")
rm -rf "$T/stage/state/stage/$SERVICE/runs/$RUN"
sql "UPDATE runs SET ended_at = NULL, outcome = NULL WHERE id = '$RUN'"
sql "UPDATE releases SET status = 'building' WHERE release_tag = 'v1.2.0'"
older_deploy a6b57ca stage v1.2.0 BEFORE_UP 'touch "$HOME/waits"; while [ ! -e "$HOME/go" ]; do sleep 0.1; done'
wait_for 20 "it waits" test -e "$T/stage/home/waits"
loomrel_start attached --json attach "$RUN"
pid=$STARTED
sleep 1
touch "$T/stage/home/go"
loomrel_wait attached "$pid"
expect_exit 0
expect_json .ok true .run_id "$RUN" .status manual_testing '.hosts[0].serves' v1.2.0
expect_row v1.2.0 status manual_testing
