# loomrel serve as the tests call it: on a port of its own, over the test's ledger.
# shellcheck shell=bash disable=SC2034 # names that the tests use

KEY=key-of-this-test SERVE_ENV=()

# write_server_config: a folder of the server's own; more TOML in SERVER_TOML.
write_server_config() {
    mkdir -p "$T/server"
    cat >"$T/server/loomrel.toml" <<END
[store]
url = "$STORE_URL"
${SERVER_TOML:-}
END
    (umask 077 && echo "LOOM_INTERSERVER_SECRET_KEY=$KEY" >"$T/server/.env.servers")
}

# SERVER is its process id, API its address with the prefix; more variables in SERVE_ENV. On the
# address SERVE_LISTEN, else on any free one.
serve_start() {
    write_server_config
    : >"$T/serve.out"
    (cd "$T/server" && exec env LOOMREL_CONFIG="$T/server/loomrel.toml" "${SERVE_ENV[@]}" "$LOOMREL" --json serve --listen "${SERVE_LISTEN:-127.0.0.1:0}") \
        </dev/null >"$T/serve.out" 2>>"$T/serve.err" &
    SERVER=$!
    wait_for 30 "the server listens" grep -q '}$' "$T/serve.out"
    jq -r .listen "$T/serve.out" >"$T/listen"
    API=http://$(cat "$T/listen")/api/tg-bot
}

# Asks it to stop, by SIGNAL; CODE is its exit code.
serve_stop() {
    CODE=0
    kill "-${SIGNAL:-TERM}" "$SERVER"
    wait "$SERVER" || CODE=$?
}

# call METHOD PATH [JSON] [CURL OPTIONS…]: STATUS is the answer's, its body is in $T/answer.
call() {
    local method=$1 path=$2 body=${3:-}
    shift $(($# < 3 ? $# : 3))
    STATUS=$(curl -sS --max-time 20 -o "$T/answer" -D "$T/answer.headers" -w '%{http_code}' \
        -X "$method" -H "Authorization: Bearer $KEY" \
        ${body:+-H 'Content-Type: application/json' --data-binary "$body"} "$@" "$API$path") \
        || fail "no answer: $method $path"
}

# expect_answer STATUS [JQ FILTER VALUE]…
expect_answer() {
    [ "$STATUS" = "$1" ] || fail "wanted HTTP $1, got $STATUS: $(cat "$T/answer")"
    shift
    while [ $# -ge 2 ]; do
        expect_equal "$1" "$2" "$(jq -r "$1" "$T/answer")"
        shift 2
    done
}

# The server's memory in KiB.
memory_of() {
    awk '/^VmHWM/ { print $2 }' "/proc/$1/status"
}
