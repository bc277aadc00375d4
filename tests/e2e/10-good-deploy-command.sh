#!/usr/bin/env bash
# A tag is deployed to a process: ledger, log, service and JSON tell the same, over one connection.
. "$(dirname "$0")/harness.sh"

lab command
stage_deploy v1.0.0
expect_exit 0
expect_json .ok true .exit 0 .service "$SERVICE" .tag v1.0.0 .environment stage \
    .status manual_testing .commit "$(commit_of v1.0.0)" .failure null .release_id 1 \
    .log "$T/stage/log/$SERVICE/v1.0.0.log" '.hosts | length' 1 '.hosts[0].ok' true \
    '.hosts[0].serves' v1.0.0 '[.hosts[0].steps[] | select(.ok | not)] | length' 0 \
    '.duration_ms > 0' true
expect_json '[.hosts[0].steps[].name | select(. == ("lock", "repository", "checkout", "build", "up",
    "health", "verify"))] | join(" ")' "lock repository checkout build up health verify"
expect_serves v1.0.0
expect_ups 1 v1.0.0
expect_row v1.0.0 id 1 status manual_testing commit_sha "$(commit_of v1.0.0)" \
    github_ref refs/tags/v1.0.0 github_action_link '' rollback_to_tag '' \
    "started_at IS NOT NULL" 1 "completed_at IS NULL" 1 "github_run_id LIKE 'local-%'" 1
expect_moves v1.0.0 "initiated building stage_deploy manual_testing"
expect_sql "good|1" "SELECT outcome, ended_at IS NOT NULL FROM runs"
expect_equal "logins, commands" "1 1" "$(logins_of stage) $(commands_of stage)"

log=$T/stage/log/$SERVICE/v1.0.0.log
expect_log_form "$log"
expect_order "$log" "🚀 Начинаем деплой тега v1.0.0" "📥 Обновляем репозиторий и теги" \
    "🔍 Текущее состояние: v1.0.0" "📥 Получаем обновления из удаленного репозитория" \
    "✅ Тег v1.0.0 найден и готов к использованию" "🏷️ Переключаемся на тег v1.0.0" \
    "🧹 Очищаем старые ветки" "🔨 Начинаем сборку" "🔍 Проверка health (попытка 1 из 3)..." \
    "✅ Health check пройден!" "✅ Тег v1.0.0 успешно развернут и приложение работает!"
expect_equal "what git says on the host" "$(commit_of v1.0.0)" \
    "$(git -C "$T/stage/home/loom/$SERVICE" rev-parse HEAD)"

# The next version, made after the host's clone was: fetched, and in place of the first.
version v1.1.0
stage_deploy v1.1.0
expect_exit 0
expect_serves v1.1.0
expect_row v1.1.0 id 2 status manual_testing
expect_in "$T/stage/log/$SERVICE/v1.1.0.log" "🔍 Текущее состояние: v1.0.0"

# For people: the same without --json, plain lines where there is no terminal.
version v1.2.0
loomrel stage-deploy --service "$SERVICE" --tag v1.2.0
expect_exit 0
expect_said "v1.2.0" "$T/stage/log/$SERVICE/v1.2.0.log"
! grep -q $'\033' "$T/out" "$T/err" || fail "colours where there is no terminal"
