#!/usr/bin/env bash
# What loomrel leaves on a host belongs to who deploys; commands of the service stand in no list of
# processes; a log that a neighbour has put there is neither written nor shown; secrets that are
# broken up by what nobody sees are masked all the same.
. "$(dirname "$0")/harness.sh"
SERVICE_TOML='hooks.before_up = "for p in /proc/[0-9]*/cmdline; do tr \"\\\\0\" \" \" <$p; echo; done >\"$HOME/ps\" 2>/dev/null; : a-word-of-the-hook; cat"'
lab command
sed -i 's/^build = .*/build = "sh .\/build.sh; : a-word-of-the-build"/' "$T/ci/loomrel.toml"
state=$T/stage/state/stage/$SERVICE
stage_deploy v1.0.0
expect_exit 0
[ -s "$T/stage/home/ps" ] || fail "the hook did not list the processes"
expect_not_in "$T/stage/home/ps" "a-word-of-the-hook"
run=$state/runs/$(jq -r .run_id "$T/out")
expect_equal "the run's folder" 700 "$(stat -c %a "$run")"
expect_equal "open to others" "" "$(find "$run" -type f -perm /077)"
log=$T/stage/log/$SERVICE/v1.0.0.log
expect_equal "the log" 640 "$(stat -c %a "$log")"
expect_equal "its folder" 750 "$(stat -c %a "${log%/*}")"
expect_equal "the lock" 600 "$(stat -c %a "$T/stage/home/loom/$SERVICE/.git/loomrel.lock")"

# The build's own words, too.
version v1.1.0 --build 'for p in /proc/[0-9]*/cmdline; do tr "\0" " " <$p; echo; done >"$HOME/ps" 2>/dev/null'
stage_deploy v1.1.0
expect_exit 0
expect_not_in "$T/stage/home/ps" "a-word-of-the-build" "a-word-of-the-hook"

# A link, and a file of a stranger, in the log's place.
echo "root's own" >"$T/victim"
ln -s "$T/victim" "$T/stage/log/$SERVICE/v1.2.0.log"
version v1.2.0
stage_deploy v1.2.0
expect_exit 0
expect_equal "what the link led to" "root's own" "$(cat "$T/victim")"
expect_in "$state/log/$SERVICE/v1.2.0.log" "v1.2.0"
loomrel logs --env stage --service "$SERVICE" --tag v1.2.0
expect_exit 0
expect_not_in "$T/out" "root's own"
expect_said "🚀 Начинаем деплой тега v1.2.0"

# Secrets in the log.
secret=correct-horse-battery
echo "STAGE_PASSWORD=$secret" >>"$T/ci/.env.servers"
printf 'correct-\342\200\213horse-\033[1mbattery\n%s\n' "$secret" >>"$T/stage/log/$SERVICE/v1.1.0.log"
loomrel logs --env stage --service "$SERVICE" --tag v1.1.0
expect_exit 0
expect_not_in "$T/out" "horse"
# Control characters of eight bits do not reach the log.
version v1.3.0 --build 'printf "a\302\2332Jb\n"'
stage_deploy v1.3.0
expect_exit 0
! grep -qP '\xc2[\x80-\x9f]' "$T/stage/log/$SERVICE/v1.3.0.log" || fail "a control character is in the log"
