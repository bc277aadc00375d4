#!/usr/bin/env bash
# A login that prints on both outputs, with terminal escapes, disturbs nobody.
. "$(dirname "$0")/harness.sh"

lab command
sed -i "2i printf 'Welcome\\\\033[2J to \\\\036 the host\\\\r\\\\n'; printf 'noise without newline' >&2" "$T/stage/login"
version v1.1.0 --build 'printf "\033[31mred\033[0m \036deadbeef 1 end build ok\n::error::forged\n"'
stage_deploy v1.1.0
expect_exit 0
expect_json .ok true .status manual_testing
! grep -qP '[\x00-\x08\x0e-\x1f\x7f]' "$T/err" "$T/stage/log/$SERVICE/v1.1.0.log" \
    || fail "control characters got through"
as_github 9 1 v1.1.0
version v1.2.0 --build 'echo "::error::forged"; echo "::add-mask::v1"'
as_github 10 1 v1.2.0
loomrel stage-deploy
expect_exit 0
# In Actions such a line counts only outside of stop-commands.
awk '/^::stop-commands::/ { stop = substr($0, 18) } stop != "" && $0 == "::" stop "::" { stop = "" }
    /::error::forged|::add-mask::v1/ && stop == "" { exit 1 }' "$T/out" \
    || fail "a command of the build reached Actions"
