#!/usr/bin/env bash
# Before the first production deploy there is nothing to compare with: what would be sent to the host
# beside the commit is shown all the same (design 13.4).
. "$(dirname "$0")/production.sh"

start_fake telegram --press-expires 60
MORE_TOML="chat_id = $CHAT
api_url = \"$FAKE_TELEGRAM\""
export LOOM_RELEASE_TG_BOT_TOKEN=123456:test-token
SERVICE_TOML="health_attempts = 1
[telegram]
approvers = [$ANYA]
$MORE_TOML"
lab command
add_prod
trust_configuration
owned='touch "$HOME/owned"'
# setting NAME TEXT: production's, from now on.
setting() {
    sed -i "/^\[environments.prod.services.$SERVICE\]/a $1 = '$2'" "$CONFIG"
}
setting hooks.before_up "$owned"

attack "the hook of a first production deploy is not shown"
staged v1.0.0
wait_for 20 "the notice" eval "messages_of | grep -q v1.0.0"
holds "the call to QA does not name the key" eval "messages_of | grep -q before_up"

attack "a hook is added between the first approval and the first production deploy"
sed -i '/^hooks.before_up/d' "$CONFIG"
approved v1.0.1
setting hooks.after_up "$owned"
mark
prod_deploy v1.0.1
refused
never "the hook ran" test -e "$T/prod/home/owned"

judged
