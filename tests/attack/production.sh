# What the attacks on production share: a stage and a production with a version that was approved, a
# configuration on the trusted side, and the judge. An attack is named, made and judged; the script
# fails if one of them succeeded, and says which.
# shellcheck shell=bash disable=SC2034 # names that the attacks use
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/harness.sh"

# Where a user's own configuration is looked for: on the trusted side (design 13.5).
TRUSTED=$T/me/.config/loomrel CONFIG=$T/me/.config/loomrel/loomrel.toml
SPOOL=$T/me/.local/state/loomrel/spool

# production_lab [ENGINE [LINE…]]: v1.0.0 serves on stage and on production. LINEs are the service's;
# more of the configuration in MORE_TOML, of [telegram] in RULES.
production_lab() {
    local engine=${1:-command}
    shift || :
    SERVICE_TOML="health_attempts = 1
$(printf '%s\n' "$@")
[telegram]
approvers = [$ANYA, $BORIS]
admins = [$ANYA]
${RULES:-quorum = 1}
${MORE_TOML:-}"
    lab "$engine"
    add_prod
    trust_configuration
    on_production v1.0.0
}

# Nothing that lies in the folder where commands are called names a ledger or an approver.
trust_configuration() {
    mkdir -p "$TRUSTED" "$SPOOL"
    unset LOOMREL_CONFIG
    mv "$T/ci/loomrel.toml" "$CONFIG"
    cp "$T/ci/loomrel.known_hosts" "$TRUSTED/"
    printf 'STAGE_HOST_KEY=%s\nPROD_HOST_KEY=%s\n' "$(fingerprint_of stage)" \
        "$(fingerprint_of prod)" >>"$T/ci/.env.servers"
}

# staged TAG [version's OPTION…]: made, pushed, deployed to stage; its release is RELEASE.
staged() {
    in_dev rev-parse -q --verify "refs/tags/$1" >/dev/null || version "$@"
    stage_deploy "$1"
    expect_exit 0
    RELEASE=$(jq .release_id "$T/out")
}

approved() {
    staged "$@"
    loomrel --json release approve "$RELEASE" --as $ANYA
    expect_exit 0
    expect_json .status manual_test_passed
}

on_production() {
    approved "$@"
    prod_deploy "$1"
    expect_exit 0
    wait_for 20 "$1 serves on production" serves_now "$1" prod
}

prod_deploy() {
    loomrel --json prod-deploy --service "$SERVICE" --tag "$1" --release-id "${2:-$RELEASE}" "${@:3}"
}

# As `loomrel`, but one that hangs is an attack that succeeded: CODE is 124 then.
try() {
    CODE=0
    printf '%s\n' "loomrel $*" >"$T/command"
    (cd "$T/ci" && exec env "${ENVIRONMENT[@]}" timeout -k 2 "${LIMIT:-60}" "$LOOMREL" "$@") \
        </dev/null >"$T/out" 2>"$T/err" || CODE=$?
}

# move_tag TAG: it is another commit from now on, with another version in it.
move_tag() {
    echo "$1-moved" >"$T/dev/$SERVICE/www/version"
    in_dev add -A
    in_dev commit -q -m "$1, moved"
    in_dev tag -f -a -m moved "$1" 2>/dev/null >&2
    in_dev push -q -f origin HEAD:main "refs/tags/$1"
}

uuid() {
    cat /proc/sys/kernel/random/uuid
}

# All that the lab is made of is kept, and brought back before an attack: each begins with the same.
LAB_PARTS=(stage/home stage/log stage/state prod/home prod/log prod/state dev origin me ci)

checkpoint() {
    rm -rf "$T/saved"
    mkdir -p "$T/saved"
    (cd "$T" && cp -a --parents "${LAB_PARTS[@]}" "$T/saved" && cp -a ledger.db* "$T/saved")
    local host
    for host in stage prod; do
        tr '\0' '\n' <"/proc/$(web_server $host)/cmdline" | tail -n 1 >"$T/saved/$host.www"
    done
}

rewind() {
    local part host
    for part in "${LAB_PARTS[@]}"; do
        rm -rf "${T:?}/$part"
        mkdir -p "$(dirname "$T/$part")"
        mv "$T/saved/$part" "$T/$part"
        cp -a "$T/$part" "$T/saved/$part"
    done
    rm -f "$T"/ledger.db*
    cp -a "$T"/saved/ledger.db* "$T/"
    for host in stage prod; do
        for part in $(web_server $host); do
            kill "$part"
            while [ -e "/proc/$part" ]; do sleep 0.02; done
        done
        busybox httpd -p "127.0.0.1:$(service_port $host)" -h "$(cat "$T/saved/$host.www")"
    done
    ENVIRONMENT=()
}

service_port() {
    if [ "$1" = prod ]; then echo "$PROD_PORT"; else echo "$SERVICE_PORT"; fi
}

web_server() {
    pgrep -f "^busybox httpd -p 127.0.0.1:$(service_port "$1") " || :
}

# What production is: what answers, which commit its tree has and what of it was changed, the image,
# and all that the host keeps but the folders of runs (a run may have been begun and refused).
production() {
    local answer='' i
    # A busy machine may not answer at once.
    for i in 1 2 3; do
        answer=$(serves prod)
        [ -z "$answer" ] || break
    done
    echo "it answers: $answer"
    cat "$T/prod/home/loom/$SERVICE/.git/HEAD"
    # In a tree of somebody else git might run what he has put there.
    ! [ -O "$T/prod/home/loom/$SERVICE/.git" ] || git -C "$T/prod/home/loom/$SERVICE" status --porcelain
    cat "$T/prod/home/commit" "$T/prod/home/ups" 2>/dev/null || :
    [ "$ENGINE" != compose ] || image_that_serves "$PROJECT-prod"
    (cd "$T/prod/state" 2>/dev/null && find . -path '*/runs/*' -prune -o \
        \( -type f -exec sha256sum {} + -o -printf '%p %y\n' \) | sort) || :
}

# How much the ledger was told.
ledger_knows() {
    sql 'SELECT (SELECT count(*) FROM release_events) + (SELECT count(*) FROM outbox)
        + (SELECT count(*) FROM runs)' 2>/dev/null || echo 0
}

# REWIND: whether each attack begins with what checkpoint kept; not under a running server.
FAILED=0 REWIND=yes ATTACK='' WRONG=() WORDS=('ATTACK SUCCEEDED' 'refused')

# attack NAME: what follows up to the next name is judged under it. From production as it is now.
attack() {
    judge
    ATTACK=$1 WRONG=() WORDS=('ATTACK SUCCEEDED' 'refused')
    [ -z "$REWIND" ] || ! [ -e "$T/saved" ] || rewind
    mark
}

# The same for what must be possible all the same.
promise() {
    attack "$1"
    WORDS=('PROMISE BROKEN' 'kept')
}

# From here on nothing may change.
mark() {
    production >"$T/before"
    KNEW=$(ledger_knows)
}

wrong() {
    WRONG+=("$*")
}

judge() {
    [ -n "$ATTACK" ] || return 0
    if [ ${#WRONG[@]} = 0 ]; then
        echo "${WORDS[1]}: $ATTACK"
    else
        echo "${WORDS[0]}: $ATTACK: $(printf '%s; ' "${WRONG[@]}")"
        FAILED=1
        [ -z "${LOOMREL_KEEP:-}" ] || { cat "$T/command"; tail -n 20 "$T/out" "$T/err"; } 2>/dev/null
    fi
    ATTACK=''
}

# The last line of every script.
judged() {
    judge
    exit $FAILED
}

# refused [CODE…]: by one of these exit codes (3), production as it was, and the ledger told of it.
refused() {
    local codes=${*:-3}
    [[ " $codes " == *" $CODE "* ]] || wrong "exit $CODE, not $codes"
    unchanged
    case " $codes " in *' 3 '*) told ;; esac
}

unchanged() {
    production >"$T/after"
    cmp -s "$T/before" "$T/after" \
        || wrong "production is another: $(diff "$T/before" "$T/after" | grep '^[<>]' | head -n 3 | tr '\n' ' ')"
}

told() {
    [ "$(ledger_knows)" -gt "$KNEW" ] || wrong "the ledger was not told"
}

# holds WHAT COMMAND…: it must be so.
holds() {
    local what=$1
    shift
    ("$@") >/dev/null 2>&1 || wrong "$what"
}

# never WHAT COMMAND…: it must not be so.
never() {
    local what=$1
    shift
    ! ("$@") >/dev/null 2>&1 || wrong "$what"
}

# is STATUS RELEASE | is_not STATUS… RELEASE: of the ledger's.
is() {
    local now
    now=$(sql "SELECT status FROM releases WHERE id = $2")
    [ "$now" = "$1" ] || wrong "release $2 is $now, not $1"
}

never_status() {
    local now status id=${*: -1}
    now=$(sql "SELECT status FROM releases WHERE id = $id")
    for status in "${@:1:$#-1}"; do
        [ "$now" != "$status" ] || wrong "release $id is $now"
    done
}

# on_terminal [--type LINE]… -- ARGUMENTS…: loomrel on a terminal, where somebody types.
on_terminal() {
    local typed=()
    while [ "$1" != -- ]; do
        typed+=("$1")
        shift
    done
    shift
    CODE=0
    printf '%s\n' "loomrel $* (on a terminal)" >"$T/command"
    : >"$T/err"
    (cd "$T/ci" && exec env TERM=xterm "${ENVIRONMENT[@]}" python3 \
        "$SOURCE/tests/attack/terminal.py" "${LIMIT:-60}" "${typed[@]}" -- "$LOOMREL" "$@") \
        >"$T/out" || CODE=$?
}

# on_server ARGUMENTS…: somebody logged in there, with the server's own configuration.
on_server() {
    CODE=0
    printf '%s\n' "loomrel $* (on the server)" >"$T/command"
    (cd "$T/server" && exec env LOOMREL_CONFIG="$T/server/loomrel.toml" "$LOOMREL" --json "$@") \
        </dev/null >"$T/out" 2>"$T/err" || CODE=$?
}

# as_job KEY: what a workflow has: its secret with hosts, address and key of the API, and the
# checkout's configuration, which names no ledger.
as_job() {
    mkdir -p "$T/nowhere"
    ENVIRONMENT=(CI=true XDG_CONFIG_HOME="$T/nowhere" LOOMREL_ENV_SERVERS="$(cat "$T/ci/.env.servers")
LOOM_RELEASE_TG_BOT_API_URL=$API
LOOM_INTERSERVER_SECRET_KEY=$1")
    sed '/^\[store\]/,/^url/d' "$CONFIG" >"$T/ci/loomrel.toml"
}

# make_key SCOPE [OPTION…]: the narrowest key that the program can make for a job; where it makes
# none, there is only the one that opens everything. In MADE_KEY, its name in MADE_NAME.
make_key() {
    MADE_KEY=$KEY MADE_NAME=job-$1-$RANDOM
    on_server key create "$MADE_NAME" --scope "$1" "${@:2}"
    [ $CODE != 0 ] || MADE_KEY=$(jq -r .key "$T/out")
}

# call_as KEY METHOD PATH [JSON]: STATUS is the answer's, or "none".
call_as() {
    local key=$1
    shift
    STATUS=$(curl -sS --max-time 20 -o "$T/answer" -w '%{http_code}' -X "$1" \
        -H "Authorization: Bearer $key" -H 'Content-Type: application/json' \
        ${3:+--data-binary "$3"} "$API$2") || STATUS=none
}

# Attacks on the rules: v1.1.0 waits on stage, and its commit is $commit.
SERVER='' commit=''
# serve_with APPROVERS QUORUM [EXPIRY]: a server with these rules.
serve_with() {
    [ -z "$SERVER" ] || serve_stop
    SERVER_TOML="[telegram]
approvers = [$1]
quorum = $2
approval_expires = \"${3:-24h}\""
    serve_start
}
# serve_anew…: the same, from the beginning: v1.1.0 waits on stage.
serve_anew() {
    judge
    [ -z "$SERVER" ] || serve_stop
    SERVER=''
    rewind
    RELEASE=$(sql "SELECT max(id) FROM releases")
    serve_with "$@"
}
# decision WHO APPROVERS: an approval as a client might send it, with a list of its own.
decision() {
    jq -n --arg id "$(uuid)" --arg commit "$commit" --argjson who "$1" --argjson list "$2" \
        '{id: $id, commit: $commit, approver_id: $who, approver_name: "x", verdict: "approved",
          approvers: $list, quorum: 1, source: "cli"}'
}
# change_to KEY STATUS: in both ways that the API has.
change_to() {
    call_as "$1" PATCH /release "{\"release_id\": $RELEASE, \"status\": \"$2\"}"
    PATCHED=$STATUS
    call_as "$1" POST /changes "$(jq -n --arg id "$(uuid)" --argjson r "$RELEASE" --arg s "$2" \
        '{id: $id, release_id: $r, actor: "Аня", source: "cli", steps: [{to: $s, detail: "{}"}]}')"
}
