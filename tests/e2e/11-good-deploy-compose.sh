#!/usr/bin/env bash
# A tag is deployed with Docker Compose: env files are passed, the image built is the one that runs.
. "$(dirname "$0")/harness.sh"

lab compose
stage_deploy v1.0.0
expect_exit 0
expect_json .ok true .status manual_testing .commit "$(commit_of v1.0.0)" '.hosts[0].serves' v1.0.0
expect_serves v1.0.0
expect_row v1.0.0 status manual_testing commit_sha "$(commit_of v1.0.0)"
expect_moves v1.0.0 "initiated building stage_deploy manual_testing"
expect_equal "logins, commands" "1 1" "$(logins_of stage) $(commands_of stage)"

container() {
    docker ps -q --no-trunc --filter "label=com.docker.compose.project=$PROJECT"
}
expect_equal "containers" 1 "$(container | wc -l)"
expect_equal "image that runs" "$(docker image inspect -f '{{.Id}}' "$PROJECT/$SERVICE")" \
    "$(docker inspect -f '{{.Image}}' "$(container)")"

log=$T/stage/log/$SERVICE/v1.0.0.log
expect_log_form "$log"
expect_order "$log" "🚀 Начинаем деплой тега v1.0.0" "✅ Тег v1.0.0 найден и готов к использованию" \
    "🔨 Начинаем сборку контейнера для тега v1.0.0..." "✅ Health check пройден!" \
    "✅ Тег v1.0.0 успешно развернут и приложение работает!"

version v1.1.0 --build "echo '[a line of the build of $ID]'"
stage_deploy v1.1.0
expect_exit 0
expect_serves v1.1.0
expect_in "$T/stage/log/$SERVICE/v1.1.0.log" "[a line of the build of $ID]"
# A secret of the compose configuration stays nowhere in the state.
expect_equal "files with the env file's content" "" \
    "$(grep -rl "DEMO_PORT=\|$SERVICE_PORT" "$T/stage/state" --exclude=run.sh --exclude=restore || :)"
