#!/usr/bin/env bash
# Which version is older is told by a number, not by a clock that was ahead; and no version that was
# rolled away from is ever proposed, neither by the command nor by the host.
. "$(dirname "$0")/harness.sh"
DEPLOY_TOML='keep_capsules = 3'
lab command
kept() {
    for c in "$T/stage/state/stage/$SERVICE"/capsules/*/capsule; do head -n 1 "$c" | cut -d' ' -f1; done \
        | sort | xargs
}
# The host's clock, a year ahead while there is a file "ahead".
hide_commands stage date
cat >"$T/stage/bin/date" <<END
#!/bin/sh
[ ! -e $T/ahead ] || exec /usr/bin/date -d '+1 year' "\$@"
exec /usr/bin/date "\$@"
END
chmod +x "$T/stage/bin/date"
stage_deploy v1.0.0
expect_exit 0
for v in v1.1.0 v1.2.0; do
    touch "$T/ahead"
    version $v
    stage_deploy $v
    expect_exit 0
done
rm "$T/ahead"
for v in v1.3.0 v1.4.0; do
    version $v
    stage_deploy $v
    expect_exit 0
done
expect_equal "what is kept" "v1.2.0 v1.3.0 v1.4.0" "$(kept)"
version v1.5.0
stage_deploy v1.5.0
expect_exit 0
expect_equal "what is kept" "v1.3.0 v1.4.0 v1.5.0" "$(kept)"
loomrel --json status
expect_json '[.services[0].kept[].name] | join(" ")' 'v1.5.0 v1.4.0 v1.3.0' \
    '.services[0].back_to' v1.4.0

# v1.5.0 and v1.4.0 are left, for v1.3.0: nothing older is there, and nothing is proposed.
for v in v1.4.0 v1.3.0; do
    loomrel --json rollback --env stage --service "$SERVICE" --to $v --yes
    expect_exit 0
done
loomrel --json rollback --env stage --service "$SERVICE" --yes
expect_exit 3
expect_json .error.code second_step
expect_in "$T/out" '--to v1.5.0'
# A new version fails the day after: the way back is v1.3.0, and from there still nowhere.
version v1.6.0
stage_deploy v1.6.0
expect_exit 0
loomrel --json status
expect_json '.services[0].back_to' v1.3.0
for c in "$T/stage/state/stage/$SERVICE"/capsules/*; do
    [[ $(head -n 1 "$c/capsule") != "v1.3.0 "* ]] || rm -r "$c"
done
loomrel --json status
expect_json '.services[0].back_to' null
loomrel --json rollback --env stage --service "$SERVICE" --yes
expect_exit 3
expect_json .error.code nothing_kept
CODE=0
on_host stage "sh $T/stage/state/stage/$SERVICE/restore" >"$T/hand" 2>&1 || CODE=$?
expect_exit 3
expect_in "$T/hand" 'v1.5.0 ' 'с неё откатывались'
expect_serves v1.6.0

# Whoever names it gets it; put there on purpose, it counts again.
loomrel --json rollback --env stage --service "$SERVICE" --to v1.5.0 --yes
expect_exit 0
version v1.7.0
stage_deploy v1.7.0
expect_exit 0
loomrel --json status
expect_json '.services[0].back_to' v1.5.0
