#!/usr/bin/env bash
# A host that an older release has deployed to: what it kept is seen and brought back, by the program
# that it left there too; a run of its own is followed to its end. And the other way about: what the
# present release keeps there the older one sees and brings back.
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
    older_done "$release" "$at" deploy v1.0.0
    older_done "$release" "$at" deploy v1.1.0
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

# An older release sees what the present one has kept: by its own program and by the one that is kept
# there, which answers in the form that it reads. So does a run that it starts with that one.
commit=$(commit_of v1.2.0)
id=$(sql "SELECT id FROM runs WHERE outcome = 'good' AND kind = 'deploy'")
for release in a6b57ca 663dc21 present; do
    looks=$T/stage/state/stage/$SERVICE/restore
    [ $release = present ] || looks=${looks%restore}older-look
    [ $release = present ] || older_program $release stage >"$looks"
    on_host stage "sh $looks look feed ''" </dev/null >/dev/null 2>"$T/looked"
    expect_in "$T/looked" "feed serves v1.2.0" "feed serving $id" "feed capsule v1.1.0 " "feed capsule v1.0.0 "
    grep -qE "feed capsule v1.2.0 $commit $id deploy [0-9]+ yes - [^ ]+$" "$T/looked" \
        || fail "$release does not read what is kept: $(cat "$T/looked")"
done
rm "$T/stage/state/stage/$SERVICE/older-look"
older_done a6b57ca stage rollback v1.1.0
expect_serves v1.1.0
loomrel --json rollback --env stage --service "$SERVICE" --to v1.2.0 --yes
expect_exit 0
expect_serves v1.2.0

# The ledger's run goes on as one that an older release has started.
RUN=$(sql "SELECT id FROM runs WHERE outcome = 'good' AND kind = 'deploy'")
rm -rf "$T/stage/state/stage/$SERVICE/runs/$RUN"
sql "UPDATE runs SET ended_at = NULL, outcome = NULL WHERE id = '$RUN'"
sql "UPDATE releases SET status = 'building' WHERE release_tag = 'v1.2.0'"
older_run a6b57ca stage deploy v1.2.0 BEFORE_UP 'touch "$HOME/waits"; while [ ! -e "$HOME/go" ]; do sleep 0.1; done'
wait_for 20 "it waits" test -e "$T/stage/home/waits"
loomrel_start attached --json attach "$RUN"
pid=$STARTED
sleep 1
touch "$T/stage/home/go"
loomrel_wait attached "$pid"
expect_exit 0
expect_json .ok true .run_id "$RUN" .status manual_testing '.hosts[0].serves' v1.2.0
expect_row v1.2.0 status manual_testing
