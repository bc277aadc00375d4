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

# bot_start NAME [PORT]: SERVING is its process id.
bot_start() {
    loomrel_start "$1" serve --listen "127.0.0.1:${2:-$(free_port)}"
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

# text_of MESSAGE [CHAT] | buttons_of MESSAGE [CHAT]: as people see it; a row of buttons a line.
text_of() {
    messages_of "${2:-$CHAT}" | jq -r --argjson id "$1" '.[] | select(.message_id == $id) | .text'
}

buttons_of() {
    messages_of "${2:-$CHAT}" | jq -r --argjson id "$1" '.[] | select(.message_id == $id)
        | .reply_markup.inline_keyboard[]? | map("[\(.text)]") | join(" ")'
}

shows() {
    text_of "$1" | grep -qF -e "$2"
}

# expect_shown MESSAGE TEXT: that message comes to hold the text.
expect_shown() {
    wait_for "${LIMIT:-20}" "message $1 shows '$2'; it is: $(text_of "$1")" shows "$1" "$2"
}

# spec_text FIRST_LINE [SED SCRIPT] | spec_buttons FIRST_LINE: the message that the specification
# draws; what differs from release to release is changed by the script.
spec_block() {
    awk -v first="$1" '/^```/ { inside = 0; start = 1; next }
        start && $0 == first { inside = 1 } { start = 0 } inside' \
        "$SOURCE/tests/lib/messages/spec.ru.md"
}

spec_text() {
    spec_block "$1" | grep -v '^\[' | sed -E 's/\[(Открыть|ссылка)\]/\1/;'"${2:-}" | without_dates
}

spec_buttons() {
    spec_block "$1" | grep '^\['
}

without_dates() {
    sed -E 's/[0-9]{2}\.[0-9]{2}\.[0-9]{4} [0-9]{2}:[0-9]{2}/DATE/; s/[0-9]+ мин/N мин/'
}

# refusals ID: how often somebody was told no about a release, by its events.
refusals() {
    sql "SELECT count(*) FROM release_events WHERE release_id = $1 AND detail LIKE '%\"refused\"%'"
}

expect_refusals() {
    wait_for 20 "$2 refusals about release $1; there are $(refusals "$1")" \
        eval "[ \"\$(refusals $1)\" = $2 ]"
}

# press_at_once HOW_MANY RELEASE:COMMIT PERSON…: ✅ and ❌ on $MESSAGE, the first question about the
# release, twenty at a time; one of four comes twice. NO is how often a press is ❌.
press_at_once() {
    python3 - "$FAKE_TELEGRAM/control" "$1" "$RANDOM" "$CHAT" "$MESSAGE" "$2" \
        "${NO:-0.17}" "${@:3}" <<'PRESSES' || fail "the presses"
import concurrent.futures
import json
import random
import sys
import urllib.request

control, count, seed, chat, message, number, no, *people = sys.argv[1:]
dice = random.Random(int(seed))


def tell(path, **fields):
    request = urllib.request.Request(f"{control}/{path}", json.dumps(fields).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def press(one):
    who, verdict, twice = one
    update = tell("press", chat=int(chat), message=int(message), user=int(who),
                  button=f"data:{verdict}n:{number}" + ("+1" if verdict == "A" else ""))["update"]
    if twice:
        tell("repeat", update=update)


all_of_them = [(dice.choice(people), "R" if dice.random() < float(no) else "A", dice.random() < 0.25)
               for _ in range(int(count))]
with concurrent.futures.ThreadPoolExecutor(20) as pool:
    list(pool.map(press, all_of_them))
PRESSES
}

all_taken() {
    [ "$(curl -fsS "$FAKE_TELEGRAM/control/state" | jq .pending)" = 0 ]
}
