#!/usr/bin/env bash
# The same GitHub run again reports and starts nothing; the next attempt starts anew.
. "$(dirname "$0")/harness.sh"
SERVICE_TOML="hooks.before_up = 'cat .git/loomrel.lock >\"\$HOME/held\"'"
lab command
as_github 100 1 v1.0.0
loomrel --json stage-deploy
expect_exit 0
run=$(jq -r .run_id "$T/out")
# Whoever waits for the service reads who has it, and where to look.
expect_in "$T/stage/home/held" \
    "v1.0.0, developer, https://github.com/example/$SERVICE/actions/runs/100, " ", $run"
commands=$(commands_of stage)
loomrel --json stage-deploy
expect_exit 0
expect_json .ok true .run_id "$run" .release_id 1
expect_ups 1 v1.0.0
expect_sql 1 "SELECT count(*) FROM runs"
expect_sql 1 "SELECT count(*) FROM releases"
expect_equal "commands on the host" "$commands" "$(commands_of stage)"
# Good is good: a higher attempt of the same run has nothing to do either.
as_github 100 2 v1.0.0
loomrel --json stage-deploy
expect_exit 0
expect_ups 1 v1.0.0

# Neither the ledger, and so the chat, nor a report of it later has a secret that the build printed;
# and a password that looks like a part of an object breaks none.
printf 'STAGE_PASSWORD=hunter2-in-the-log\nPROD_PASSWORD=true\n' >>"$T/ci/.env.servers"
version v1.1.0 --build 'echo "login failed with hunter2-in-the-log" && test -e "$HOME/mended"'
as_github 200 1 v1.1.0
loomrel --json stage-deploy
expect_exit 1
run=$(jq -r .run_id "$T/out")
touch "$T/stage/home/mended"
loomrel --json stage-deploy
expect_exit 1
expect_json .run_id "$run" .failure.code build_failed '.failure.lines[0]' 'login failed with ********'
expect_not_in "$T/out" hunter2
sed -i /^::add-mask::/d "$T/err"
expect_not_in "$T/err" hunter2
expect_sql 0 "SELECT count(*) FROM release_events WHERE detail LIKE '%hunter2%'"
expect_sql 0 "SELECT count(*) FROM runs WHERE result LIKE '%hunter2%'"
expect_sql 1 "SELECT count(*) FROM runs WHERE ref = 'refs/tags/v1.1.0'"
as_github 200 2 v1.1.0
loomrel --json stage-deploy
expect_exit 0
expect_json .ok true .release_id 2
expect_sql 2 "SELECT count(*) FROM runs WHERE ref = 'refs/tags/v1.1.0'"
expect_sql 1 "SELECT count(*) FROM releases WHERE release_tag = 'v1.1.0'"
expect_row v1.1.0 status manual_testing
expect_serves v1.1.0
