# Telegram and GitHub of the test's own (tests/support), the bot in `loomrel serve`, and people who
# press buttons.
# shellcheck shell=bash disable=SC2034 # names for the tests

CHAT=-1001 ANYA=11111 BORIS=22222 STRANGER=99999

# telegram_lab [LINE…]: a lab with command engine whose configuration knows both; lines go to
# [telegram].
telegram_lab() {
    start_fake telegram --press-expires 60
    start_fake github --repository "example/$SERVICE"
    SERVICE_TOML="
[telegram]
chat_id = $CHAT
approvers = [$ANYA, $BORIS]
admins = [$ANYA]
api_url = \"$FAKE_TELEGRAM\"
$(printf '%s\n' "$@")
[[people]]
telegram = $ANYA
github = \"anya\"
name = \"Аня\"
[github]
owner = \"example\"
api_url = \"$FAKE_GITHUB\""
    lab command
    ENVIRONMENT=(LOOM_RELEASE_TG_BOT_TOKEN=123456:test-token LOOM_GITHUB_TOKEN=test-token
        LOOM_INTERSERVER_SECRET_KEY=a-secret-of-servers)
}

# FAKE_TELEGRAM or FAKE_GITHUB is its address.
start_fake() {
    local name=$1 address
    shift
    python3 "$SOURCE/tests/support/fake_$name.py" serve "$@" >"$T/fake.$name" 2>&1 &
    wait_for 120 "fake_$name.py" grep -q '^listen' "$T/fake.$name"
    address=http://127.0.0.1:$(awk '/^listen/ { print $2 }' "$T/fake.$name")
    if [ "$name" = telegram ]; then
        export FAKE_TELEGRAM=$address
    else
        export FAKE_GITHUB=$address
    fi
}

at_telegram() {
    python3 "$SOURCE/tests/support/fake_telegram.py" "$@" || fail "fake_telegram.py $*"
}

at_github() {
    python3 "$SOURCE/tests/support/fake_github.py" "$@" || fail "fake_github.py $*"
}

# bot_start NAME: SERVING is its process id.
bot_start() {
    loomrel_start "$1" serve --listen "127.0.0.1:$(free_port)"
    SERVING=$STARTED
    wait_for 20 "loomrel serve: $(cat "$T/err.$1")" grep -q listening "$T/err.$1"
}

# The texts of a chat's messages, one JSON object a message.
messages_of() {
    at_telegram messages "${1:-$CHAT}"
}

# message_with TEXT [CHAT]: the number of the newest message that holds the text; fails without one.
message_with() {
    local found
    found=$(messages_of "${2:-$CHAT}" \
        | jq --arg text "$1" '[.[] | select((.text // "") | contains($text)) | .message_id] | last // empty')
    [ -n "$found" ] && echo "$found"
}

expect_message() {
    wait_for 20 "a message with '$1': $(messages_of "${2:-$CHAT}" | jq -c '[.[].text]')" \
        message_with "$@" >/dev/null
    MESSAGE=$(message_with "$@")
}

# press USER BUTTON [MESSAGE]
press() {
    at_telegram press "$CHAT" "${3:-$MESSAGE}" "$2" "$1" >"$T/press"
}

# The newest answer to a press.
answered() {
    at_telegram answers | jq -r '.[-1].text // ""'
}

expect_pressed() {
    wait_for 20 "the answer '$1', there is '$(answered)'" eval "answered | grep -qF -e '$1'"
}
