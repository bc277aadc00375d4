#!/usr/bin/env bash
# What was shown when it was approved is what is deployed: settings that are sent to production's
# host count as much as the commit (design 13.4).
. "$(dirname "$0")/production.sh"

start_fake telegram --press-expires 60
MORE_TOML="chat_id = $CHAT
api_url = \"$FAKE_TELEGRAM\""
export LOOM_RELEASE_TG_BOT_TOKEN=123456:test-token
production_lab
owned='touch "$HOME/owned"'

# setting NAME TEXT: production's, from now on.
setting() {
    sed -i "/^\[environments.prod.services.$SERVICE\]/a $1 = '$2'" "$CONFIG"
}
# notice_of TAG: what this attack's messages say of it; those of earlier ones are no longer counted.
notice_of() {
    messages_of | jq -r --arg tag "$1" --argjson from "$FROM" \
        '[.[] | select(.message_id > $from) | .text // "" | select(contains($tag))] | join("\n")'
}
begin() {
    FROM=$(messages_of | jq '[.[].message_id] | max // 0')
}
shown_for() {
    wait_for 20 "a notice about $1" eval "[ -n \"\$(notice_of $1)\" ]"
    notice_of "$1" | grep -qF "$2"
}
checkpoint

attack "a hook is added after the yes"
approved v1.1.0
setting hooks.before_up "$owned"
mark
prod_deploy v1.1.0
refused
never "the hook ran" test -e "$T/prod/home/owned"
holds "the release was not put to the question anew" eval \
    "sql \"SELECT status FROM releases WHERE id = $RELEASE\" | grep -qx manual_testing"

attack "the engine's command is another after the yes"
approved v1.1.0
setting up "$owned; sh ./up.sh"
mark
prod_deploy v1.1.0
refused
never "the command ran" test -e "$T/prod/home/owned"

attack "a hook that came in one step with the tag is not shown to those who approve"
begin
setting hooks.before_up "$owned"
staged v1.1.0
holds "the call to QA does not name the key" shown_for v1.1.0 before_up

attack "a hook is taken for shown because an earlier, rejected release had it"
begin
setting hooks.before_up "$owned"
staged v1.1.0
loomrel --json release reject "$RELEASE" --as $ANYA
expect_exit 0
staged v1.1.1
holds "the call to QA does not name the key" shown_for v1.1.1 before_up

attack "who approves at a terminal is not told which settings differ, or is not asked"
setting hooks.before_up "$owned"
staged v1.1.0
on_terminal --type n -- --lang en release approve "$RELEASE" --as $ANYA
[ "$CODE" = 3 ] || wrong "a no at the terminal: exit $CODE, not 3"
holds "the terminal does not name the key" grep -q hooks.before_up "$T/out"
holds "the terminal does not name the commit" grep -q "$(commit_of v1.1.0)" "$T/out"
is manual_testing "$RELEASE"
loomrel --json release show "$RELEASE"
holds "release show does not name the key" jq -e '.settings | index("hooks.before_up")' "$T/out"
loomrel --lang en release approve "$RELEASE" --as $ANYA
holds "a script's log does not name the key" grep -q hooks.before_up "$T/err"

attack "--dry-run promises what the deploy refuses"
approved v1.1.0
setting hooks.before_up "$owned"
try --json prod-deploy --service "$SERVICE" --tag v1.1.0 --release-id "$RELEASE" --dry-run
[ "$CODE" = 3 ] || wrong "exit $CODE, not 3"
holds "another refusal" jq -e '.error.code == "settings_differ"' "$T/out"
is manual_test_passed "$RELEASE"

promise "refused for a hook, shown, approved once more: deployed"
approved v1.1.0
setting hooks.before_up "$owned"
prod_deploy v1.1.0
[ "$CODE" = 3 ] || wrong "exit $CODE, not 3"
loomrel --json release approve "$RELEASE" --as $ANYA
prod_deploy v1.1.0
[ "$CODE" = 0 ] || wrong "then exit $CODE, not 0"
holds "the hook did not run" test -e "$T/prod/home/owned"
holds "v1.1.0 does not serve" wait_for 10 served serves_now v1.1.0 prod

promise "times and counts may change after the yes"
approved v1.1.0
sed -i 's/^health_attempts = .*/health_attempts = 2/; s/^health_interval = .*/health_interval = "2s"/' "$CONFIG"
prod_deploy v1.1.0
[ "$CODE" = 0 ] || wrong "exit $CODE, not 0"

judged
