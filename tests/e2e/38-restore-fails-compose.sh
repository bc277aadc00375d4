#!/usr/bin/env bash
# The image of what served before is gone when it is needed: said in the spec's words, with what
# serves instead by its name. What is left is not made worse, and passes under that name from then on.
. "$(dirname "$0")/harness.sh"
SERVICE_TOML='hooks.after_up = "sh \"$HOME/after_up\""'
lab compose
: >"$T/stage/home/after_up"
stage_deploy v1.0.0
expect_exit 0

# Behind the switch the old image goes, held as it is.
old=$(image_that_serves "$PROJECT")
cat >"$T/stage/home/after_up" <<EOF
docker ps -aq --filter ancestor=$old | xargs -r docker rm -f
docker rmi -f $old
exit 1
EOF
version v1.1.0
stage_deploy v1.1.0
expect_exit 1
expect_json .status staging_failed .failure.step after_up .failure.code hook_failed \
    '.hosts[0].restored' false '.hosts[0].serves' v1.1.0
expect_serves v1.1.0
expect_said '❗ вернуть прежнюю версию не удалось, сервис может не работать; сейчас: v1.1.0'
expect_order "$T/stage/log/$SERVICE/v1.1.0.log" 'Возвращаем v1.0.0' \
    'Сохранённой версии v1.0.0 на хосте больше нет' \
    '❌ Вернуть прежнюю версию не удалось, сервис может не работать!'
expect_row v1.1.0 status staging_failed
loomrel --json status
expect_json '.services[0].serves' v1.1.0

# The next deploy keeps it as what it is, although the work tree stands elsewhere by now.
: >"$T/stage/home/after_up"
version v1.2.0
stage_deploy v1.2.0
expect_exit 0
expect_serves v1.2.0
expect_in "$T/stage/log/$SERVICE/v1.2.0.log" 'Сохраняем то, что работает сейчас: v1.1.0'
loomrel --json rollback --env stage --service "$SERVICE" --yes
expect_exit 0
expect_json .tag v1.1.0 '.hosts[0].serves' v1.1.0
expect_serves v1.1.0
loomrel --json status
expect_json '.services[0].commit' "$(commit_of v1.1.0)"

# A compose file that somebody has broken since is not taken for a version that is gone.
file=$T/stage/home/loom/loom-system/docker-compose/app.yaml
cp "$file" "$T/app.yaml"
echo 'services: [' >"$file"
loomrel --json rollback --env stage --service "$SERVICE" --to v1.2.0 --yes
expect_exit 1
expect_json .failure.code no_compose_file '.hosts[0].serves' v1.1.0
expect_said 'docker compose не принимает файл' 'yaml:'
cp "$T/app.yaml" "$file"
loomrel --json rollback --env stage --service "$SERVICE" --to v1.2.0 --yes
expect_exit 0
expect_serves v1.2.0
