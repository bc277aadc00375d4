#!/usr/bin/env bash
# An image that was removed by force: nobody says that it can be gone back to. It is told, and what is
# built instead is the commit that was good here, or nothing.
. "$(dirname "$0")/harness.sh"
lab compose
for v in v1.0.0 v1.1.0 v1.2.0; do
    [ $v = v1.0.0 ] || version $v
    stage_deploy $v
    expect_exit 0
done
held() {
    [ "$(holders_of_lab | grep -c ' running ')" = 3 ]
}
wait_for 120 "all are held" held
# lose TAG
lose() {
    local c id image
    for c in "$T/stage/state/stage/$SERVICE"/capsules/*/capsule; do
        read -r name _ id _ <"$c"
        [ "$name" != "$1" ] || image=$(sed -n 's/^image [^ ]* //p' "$c")
        [ "$name" != "$1" ] || docker rm -fv "loomrel-kept-stage-$SERVICE-$id" >/dev/null
    done
    docker rmi -f "$image" >/dev/null
}
lose v1.1.0
loomrel --json status
expect_json '.services[0].back_to' v1.0.0 '.services[0].lost[0].name' v1.1.0 \
    '[.services[0].kept[].name] | join(" ")' 'v1.2.0 v1.0.0'
loomrel status
expect_said 'образы сохранённых версий удалены: v1.1.0'
loomrel --json doctor --env stage
expect_json '.checks[] | select(.check | endswith(" kept")) | .verdict' warning
expect_in "$T/out" v1.1.0
loomrel rollback --env stage --service "$SERVICE" --to v1.1.0 --dry-run
expect_exit 0
expect_said 'собрана заново из git' "$(commit_of v1.1.0)" 'образ удалён'

# A run says it too, wherever it is watched.
version v1.3.0
loomrel stage-deploy --service "$SERVICE" --tag v1.3.0
expect_exit 0
expect_said 'образы сохранённых версий удалены с хоста: v1.1.0'
expect_in "$T/stage/log/$SERVICE/v1.3.0.log" 'Образ сохранённой версии v1.1.0 удалён с хоста'

# By hand it is not promised either.
CODE=0
on_host stage "sh $T/stage/state/stage/$SERVICE/restore v1.1.0" >"$T/hand" 2>&1 || CODE=$?
expect_exit 3
expect_in "$T/hand" 'Сохранённой версии v1.1.0 на хосте больше нет' 'образ удалён' v1.2.0
expect_serves v1.3.0

loomrel --json rollback --env stage --service "$SERVICE" --to v1.1.0 --yes
expect_exit 0
expect_serves v1.1.0
expect_json .commit "$(commit_of v1.1.0)"
loomrel --json status
expect_json '.services[0].lost | length' 0

# Docker is silent: nothing is promised.
cat >"$T/no-docker" <<'END'
#!/bin/sh
exit 1
END
chmod +x "$T/no-docker"
hide_commands stage docker
ln -s "$T/no-docker" "$T/stage/bin/docker"
loomrel --json status
expect_json '.services[0].back_to' null
loomrel status
expect_said 'Docker не отвечает'
loomrel --json rollback --env stage --service "$SERVICE" --yes
expect_exit 3
expect_json .error.code docker_silent
