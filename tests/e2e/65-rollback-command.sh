#!/usr/bin/env bash
# The way back, on the command engine: default target, second step, by name, by hand, hooks.
. "$(dirname "$0")/harness.sh"
SERVICE_TOML='hooks.before_rollback = "echo \"$LOOMREL_KIND $LOOMREL_TAG $LOOMREL_PREVIOUS_TAG $LOOMREL_TARGET_TAG\" >>\"$HOME/hooked\""'
lab command

# Nothing is kept yet.
loomrel --json rollback --env stage --service "$SERVICE" --yes
expect_exit 3
expect_json .error.code nothing_kept

for v in v1.1.0 v1.2.0 v1.3.0; do
    version $v
    stage_deploy $v
    expect_exit 0
done
loomrel --json status
expect_json '.services[0].serves' v1.3.0 '.services[0].back_to' v1.2.0

# Without a terminal it wants a yes.
loomrel --json rollback --env stage --service "$SERVICE"
expect_exit 3
expect_json .error.code needs_yes
expect_serves v1.3.0

# A key that is named is the one that is tried.
loomrel --json rollback --env stage --service "$SERVICE" --identity "$T/no-such-key" --yes
expect_exit 4
loomrel --json rollback --env stage --service "$SERVICE" --dry-run
expect_exit 0
expect_json .tag v1.2.0 .dry_run true
expect_serves v1.3.0

# No remote, no build.
mv "$T/origin/$SERVICE.git" "$T/origin/away"
before=$(wc -l <"$T/stage/home/builds" 2>/dev/null || echo 0)
loomrel --json rollback --env stage --service "$SERVICE" --yes
expect_exit 0
expect_json .tag v1.2.0 .ok true '.hosts[0].serves' v1.2.0
expect_serves v1.2.0
expect_equal builds "$before" "$(wc -l <"$T/stage/home/builds" 2>/dev/null || echo 0)"
expect_equal "the hook" "rollback v1.2.0 v1.3.0 v1.2.0" "$(cat "$T/stage/home/hooked")"
expect_in "$T/stage/log/rollback/$SERVICE/v1.2.0-rollback.log" 'Начинаем откат на тег v1.2.0' \
    'Откат на тег v1.2.0 выполнен'
expect_log_form "$T/stage/log/rollback/$SERVICE/v1.2.0-rollback.log"
# A rollback on stage moves no release.
expect_row v1.3.0 status manual_testing
expect_sql 'rollback|good' "SELECT kind, outcome FROM runs WHERE kind = 'rollback'"

# A second step back is a person's decision; not for the version that was just left.
loomrel --json rollback --env stage --service "$SERVICE" --yes
expect_exit 3
expect_json .error.code second_step
expect_in "$T/out" '--to v1.1.0' 'v1.3.0, v1.1.0'
expect_serves v1.2.0
loomrel --json rollback --env stage --service "$SERVICE" --to v1.1.0 --yes
expect_exit 0
expect_serves v1.1.0
loomrel rollback --env stage --service "$SERVICE" --to v1.1.0 --yes
expect_exit 0
expect_said 'делать нечего'

# By hand, on the host.
on_host stage "sh $T/stage/state/stage/$SERVICE/restore v1.3.0" >"$T/hand" 2>&1 || fail "by hand: $(cat "$T/hand")"
expect_serves v1.3.0
expect_in "$T/hand" 'Откат на тег v1.3.0 выполнен'

# A second step by hand: what is kept is named, and what to type.
by_hand() {
    CODE=0
    on_host stage "sh $T/stage/state/stage/$SERVICE/restore $*" >"$T/hand" 2>&1 || CODE=$?
}
by_hand
expect_exit 3
expect_in "$T/hand" 'сама поставлена откатом' v1.1.0 v1.2.0 "stage/$SERVICE/restore TAG"
expect_not_in "$T/hand" 'Откатываться некуда'
grep -q 'v1.3.0 .*работает сейчас' "$T/hand" || fail "what serves is not marked: $(cat "$T/hand")"
by_hand v9.9.9
expect_exit 3
expect_in "$T/hand" 'Версия v9.9.9 здесь не сохранена' v1.2.0
expect_not_in "$T/hand" 'Откатываться некуда'
start flock "$T/stage/home/loom/$SERVICE/.git/loomrel.lock" sleep 60
sleep 0.5
by_hand v1.1.0
expect_exit 3
expect_in "$T/hand" 'Сервис занят процессом, который не запуск' loomrel.lock
expect_not_in "$T/hand" 'ждём'
expect_serves v1.3.0
